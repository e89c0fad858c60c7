# title: open files of the host by their handle, without a path (shocker)
# expect: EPERM
# control: seccomp capabilities root-user
use strict;
use warnings;
use Attack;

open(my $file, '>', '/tmp/.attack-handle') or inconclusive("/tmp: $!");
my ($handle, $mount, $path) = (pack('L l', 128, 0) . "\0" x 128, pack('l', 0), '/tmp/.attack-handle');
my $named = sys('name_to_handle_at', -100, $path, $handle, $mount, 0);
my $error = errno_name();
opendir(my $folder, '/tmp');
my @said = ("name_to_handle_at $error");
for my $try ($named == 0 ? $handle : (), pack('L l Q', 8, 1, 2), pack('L l L2', 8, 1, 2, 0)) {
    my $opened = sys('open_by_handle_at', fileno $folder, $try, 0);
    succeeded('a file was opened by its handle') if $opened >= 0;
    push @said, 'open_by_handle_at ' . errno_name();
}
succeeded('a handle was given') if $named == 0;
refused(join ', ', @said);
