# title: find System V shared memory, queues and semaphores of the host, by key, by id and by /proc/sysvipc
# expect: a private IPC namespace: none is there
# control: host-ipc
use strict;
use warnings;
use Attack;

my ($key, $id) = (fact('shm_key'), fact('shm_id'));
my $text = '';
for my $handle (grep { defined } shmget($key, 0, 0), $id, 0 .. 63) {
    succeeded("shared memory $handle of somebody else was read: " . substr($text, 0, 12) . '...') if shmread($handle, $text, 0, 64);
}
for my $kind (qw(shm msg sem)) {
    my $lines = () = (slurp("/proc/sysvipc/$kind") || '') =~ /\n/g;
    succeeded("/proc/sysvipc/$kind lists what others made") if $lines > 1;
}
refused('nobody else has any here');
