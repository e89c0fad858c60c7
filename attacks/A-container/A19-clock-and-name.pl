# title: set the clock, the host's name, and a priority above all others
# expect: EPERM for each
# control: seccomp capabilities root-user
# skip: gvisor: clock, name and priorities are those of the sandbox's own kernel
use strict;
use warnings;
use Attack;

my @said;
my $try = sub {
    my ($name, $result) = @_;
    my $error = errno_name();
    succeeded("$name was done") if $result >= 0;
    push @said, "$name $error";
};
# The tick that it has now: where it is allowed, nothing changes.
my $timex = "\0" x 208;
sys('adjtimex', $timex);
substr($timex, 0, 4) = pack('L', 0x4000);
$try->(adjtimex => sys('adjtimex', $timex));
$try->(clock_adjtime => sys('clock_adjtime', 0, $timex));
my $name = (POSIX::uname())[1];
$try->(sethostname => sys('sethostname', $name, length $name));
$try->(setdomainname => sys('setdomainname', '(none)', 6));
$try->('real-time scheduling' => sys('sched_setscheduler', 0, 1, pack('l', 1)));
$try->('priority -20' => sys('setpriority', 0, 0, -20));
$try->('real-time disk priority' => sys('ioprio_set', 1, 0, 1 << 13));
refused(join ', ', @said);
