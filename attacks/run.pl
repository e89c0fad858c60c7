# Runs attacks inside a container, one after another: perl run.pl "A01 A02:control ...". Tells of each:
#     ::begin A01
#     | what it printed
#     ::end A01 exit=1 ms=12          (or exit=timeout, exit=signal-9)
use strict;
use warnings;
use POSIX ();

# Attacks are for containers. On a host they would do harm, so they are refused there: nothing else has this path.
my $place = '/workspaces/attack';
die "attacks run in containers only: ./vexa attack\n" unless $0 eq "$place/run.pl" && -d '/opt/vexa' && !-d '/lib/modules/' . (POSIX::uname())[2];
my $root = $0 =~ m{^(.*)/} ? $1 : '.';
my $most_output = 262144;
$| = 1;
# Orphans of an attack become children of this process, which so finds them all. gVisor knows nothing of this: there they become the worker's,
# which has no other children; and its processes are never those of a host.
my $adopts = syscall((POSIX::uname())[4] eq 'aarch64' ? 167 : 157, 36, 1, 0, 0, 0) == 0;
die "there is no way to find orphans here\n" unless $adopts || gvisor();
$ENV{PERL5LIB} = "$root/lib";
$ENV{ATTACK_FACTS} ||= "$root/facts";
# The runner's own outputs, for attacks that flood them.
POSIX::dup2(1, 9);
POSIX::dup2(2, 8);
@ENV{qw(ATTACK_OUTPUT_FD ATTACK_ERROR_FD)} = (9, 8);

run(split /:/, $_) for split ' ', join ' ', @ARGV;
# For the attack that looks for what earlier containers left.
for ('/tmp', '/home/agent', '/dev/shm', '/var/tmp', '/workspaces/loot/.git') {
    open(my $mark, '>', "$_/.attack-residue") or next;
    print $mark +(POSIX::uname())[1];
}

sub run {
    my ($id, @arguments) = @_;
    my ($file) = glob "$root/*/$id-*.pl";
    print "::begin $id\n";
    unless (defined $file) {
        print "| there is no such attack\n::end $id exit=missing ms=0\n";
        return;
    }
    my $started = now();
    my %header = header($file);
    # A kernel in user space takes its time.
    my $deadline = $started + ($header{seconds} || 10) * (gvisor() ? 3 : 1);
    pipe(my $out, my $in) or die "pipe: $!";
    defined(my $pid = fork) or die "fork: $!";
    if ($pid == 0) {
        setpgrp(0, 0);
        close $out;
        open(STDOUT, '>&', $in) or POSIX::_exit(4);
        open(STDERR, '>&', $in) or POSIX::_exit(4);
        open(STDIN, '<', '/dev/null') or POSIX::_exit(4);
        exec($^X, $file, @arguments) or POSIX::_exit(4);
    }
    close $in;
    my ($output, $how) = ('', undef);
    while (!defined $how) {
        my $left = $deadline - now();
        if ($left <= 0) { $how = 'timeout'; last }
        my $ready = '';
        vec($ready, fileno $out, 1) = 1;
        if (select($ready, undef, undef, $left < 0.05 ? $left : 0.05) > 0) {
            my $got = sysread($out, my $bytes, 65536);
            $output .= substr($bytes, 0, $most_output - length $output) if $got && length $output < $most_output;
            # Whoever it left behind may hold the pipe; its own end is what counts.
            if (!$got) { waitpid($pid, 0); $how = ended() }
        }
        elsif (waitpid($pid, POSIX::WNOHANG()) == $pid) { $how = ended() }
    }
    # One that has its container to itself may leave what it likes: it is the product that has to end it.
    sweep() unless $header{alone};
    if ($how eq 'timeout') { kill 'KILL', $pid; waitpid($pid, 0) }
    1 while waitpid(-1, POSIX::WNOHANG()) > 0;
    print "| $_\n" for split /\n/, $output;
    printf "::end %s exit=%s ms=%d\n", $id, $how, (now() - $started) * 1000;
}

sub ended { $? & 127 ? 'signal-' . ($? & 127) : $? >> 8 }

# Nothing of an attack lives on beside the next one: all that descends from this process is ended, and nothing else ever is. Again until
# none is left: whatever forks meanwhile is caught in the next round.
sub sweep {
    for (1 .. 500) {
        my @left = descendants();
        return unless @left;
        kill 'KILL', @left;
        1 while waitpid(-1, POSIX::WNOHANG()) > 0;
        select(undef, undef, undef, 0.01);
    }
}

sub descendants {
    opendir(my $proc, '/proc') or return;
    my %parent = map { my ($state, $above) = stat_of($_); $state =~ /[ZX]/ && $above != $$ ? () : ($_ => $above) } grep { /^\d+$/ } readdir $proc;
    return grep { $_ != 1 && $_ != $$ } keys %parent if gvisor();
    return grep { my ($at, $steps) = ($_, 0); $at = $parent{$at} while $at && $at != $$ && $steps++ < 10000; $at && $at == $$ && $_ != $$ } keys %parent;
}

sub stat_of {
    open(my $file, '<', "/proc/$_[0]/stat") or return ('X', 0);
    my $line = <$file>;
    return defined $line && $line =~ /.*\) (\S) (\d+)/ ? ($1, $2) : ('X', 0);
}

# The harness says so, and says "runc" of every weak container, which may share processes with the host.
sub gvisor {
    open(my $facts, '<', $ENV{ATTACK_FACTS} || "$root/facts") or return 0;
    return scalar grep { /^kind=.*gvisor$/ } <$facts>;
}

sub header {
    open(my $file, '<', $_[0]) or return;
    my %header;
    while (<$file>) { /^# (\w+): (.*)$/ ? $header{$1} = $2 : last }
    return %header;
}

sub now { my @t = POSIX::times(); return $t[0] / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }
