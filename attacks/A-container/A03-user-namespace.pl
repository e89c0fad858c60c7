# title: be root in a user namespace of one's own (unshare, clone, clone3)
# expect: EPERM; ENOSYS for clone3
# control: seccomp
# skip: gvisor: it makes one in the sandbox's own kernel; what it can do with it there is A40
use strict;
use warnings;
use Attack;

my $user = 0x10000000;
my @how = (
    unshare => sub { sys('unshare', $user) == 0 ? 0 : 1 },
    'unshare with mount' => sub { sys('unshare', $user | 0x20000) == 0 ? 0 : 1 },
    clone => sub {
        # Without a stack of its own the child goes on like a fork.
        my $pid = is_arm64() ? sys('clone', $user | 17, 0, 0, 0, 0) : sys('clone', $user | 17, 0, 0, 0, 0);
        POSIX::_exit(0) if $pid == 0;
        return 1 if $pid < 0;
        waitpid($pid, 0);
        return 0;
    },
    clone3 => sub {
        my $arguments = pack('Q8', $user, 0, 0, 0, 17, 0, 0, 0);
        my $pid = sys('clone3', $arguments, 64);
        POSIX::_exit(0) if $pid == 0;
        return 1 if $pid < 0;
        waitpid($pid, 0);
        return 0;
    },
);
my @said;
while (my ($name, $try) = splice @how, 0, 2) {
    my $error = '';
    pipe(my $out, my $in);
    my $exit = child(sub { my $failed = $try->(); syswrite($in, errno_name()) if $failed; $failed });
    close $in;
    sysread($out, $error, 100);
    inconclusive("no process for $name") unless defined $exit;
    succeeded("$name made a user namespace") if $exit == 0;
    push @said, "$name $error";
}
refused(join ', ', @said);
