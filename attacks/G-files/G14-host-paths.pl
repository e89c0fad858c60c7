# title: open files of the host at the paths where they lie, and around them by links and encodings
# expect: ENOENT or EACCES
# control: host-folder
use strict;
use warnings;
use Attack;

my $tries = 0;
for my $file (split(' ', fact('host_files')), fact('data_folder') . '/keys/signing.pem', fact('data_folder') . '/redis/appendonlydir', fact('run_folder') . '/secret') {
    symlink $file, '/tmp/.attack-path';
    for my $path ($file, "//$file", "/.$file", "/proc/self/root$file", "/proc/self/cwd/../../..$file", "/proc/thread-self/root$file", '/tmp/.attack-path', "/dev/fd/../../..$file") {
        $tries++;
        succeeded("$path can be read") if defined slurp($path);
        succeeded("$path can be listed") if opendir(my $listing, $path);
    }
    unlink '/tmp/.attack-path';
}
refused("$tries paths lead nowhere");
