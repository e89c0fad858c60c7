# title: open a POSIX message queue of the host
# expect: ENOENT, in a private IPC namespace
# control: host-ipc
use strict;
use warnings;
use Attack;

my $name = fact('mq_name');
my $queue = sys('mq_open', $name, 04000, 0, 0);
my $error = errno_name();
if ($queue >= 0) {
    my ($text, $wait) = ("\0" x 8192, pack('q2', 0, 0));
    my $got = sys('mq_timedreceive', $queue, $text, 8192, 0, $wait);
    succeeded("the queue $name was opened" . ($got > 0 ? ' and read: ' . substr($text, 0, 12) . '...' : ''));
}
inconclusive("mq_open failed with $error") unless $error =~ /^(ENOENT|ENOSYS|EACCES|EPERM)$/;
refused("$name: $error");
