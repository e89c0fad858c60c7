# title: change a read-only workspace by every way that there is to change a file
# expect: EROFS or EACCES each time, and the content stays
# control: writable-snapshot
use strict;
use warnings;
use Attack;
use Fcntl;

my $there = '/workspaces/attack';
my $file = "$there/run.pl";
my $before = slurp($file) // inconclusive("$file: $!");
my ($own, $name, $value) = ('/workspaces/loot/.attack-own', 'user.attack', 'x');
open(my $made, '>', $own) or inconclusive("$own: $!");
print $made 'changed';
close $made;
open(my $reading, '<', $file) or inconclusive("$file: $!");
my $again = '/proc/self/fd/' . fileno $reading;
my %ways = (
    append => sub { open(my $f, '>>', $file) }, update => sub { open(my $f, '+<', $file) }, 'new file' => sub { open(my $f, '>', "$there/.attack") },
    'nameless file' => sub { sysopen(my $f, $there, O_WRONLY | 020200000, 0600) }, truncate => sub { truncate $file, length $before },
    'reopen by descriptor' => sub { open(my $f, '+<', $again) }, 'truncate by descriptor' => sub { truncate $again, length $before },
    unlink => sub { unlink "$there/lib/Attack.pm" }, rename => sub { rename $file, "$there/.attack-renamed" }, 'rename into' => sub { rename $own, "$there/.attack-in" },
    'rename over' => sub { rename $own, "$there/facts" }, exchange => sub { sys('renameat2', -100, $file, -100, "$there/facts", 2) == 0 },
    'rename folder' => sub { rename "$there/lib", "$there/.attack-lib" }, 'hard link' => sub { link $file, "$there/.attack-link" }, 'hard link into' => sub { link $own, "$there/.attack-link2" },
    'hard link of descriptor' => sub { sys('linkat', -100, $again, -100, "$there/.attack-link3", 0x400) == 0 },
    'symbolic link' => sub { symlink '/etc/passwd', "$there/.attack-symlink" }, folder => sub { mkdir "$there/.attack-folder" }, fifo => sub { POSIX::mkfifo("$there/.attack-fifo", 0600) },
    'whiteout' => sub { sys('mknodat', -100, "$there/.attack-white", 0020000, 0) == 0 }, mode => sub { chmod 0777, $file }, 'mode of descriptor' => sub { chmod 0777, $again }, owner => sub { chown $>, $) + 0, $file },
    times => sub { utime 1, 1, $file }, attribute => sub { sys('setxattr', $file, $name, $value, 1, 0) == 0 }, 'inode flags' => sub { my $flags = pack('Q', 0x40); ioctl($reading, 0x40086602, $flags) },
    allocate => sub { sys('fallocate', fileno $reading, 0, 0, 1000000) == 0 }, 'truncate of descriptor' => sub { sys('ftruncate', fileno $reading, 10) == 0 },
    'write to descriptor' => sub { syswrite($reading, 'x') }, clone => sub { open(my $from, '<', $own); ioctl($reading, 0x40049409, fileno $from) },
    'copy range' => sub { open(my $from, '<', $own); sys('copy_file_range', fileno $from, 0, fileno $reading, 0, 4, 0) > 0 },
    'shared memory' => sub { my $at = sys('mmap', 0, 4096, 3, 1, fileno $reading, 0); $at > 0 || $at < -4096 },
);
my @done = grep { $ways{$_}->() } sort keys %ways;
# A pipe that keeps flags of pages of a file it was spliced from wrote into the file itself (CVE-2022-0847).
pipe(my $out, my $in);
for (1 .. 16) { syswrite($in, 'x' x 4096); sysread($out, my $drained, 4096) }
my $offset = pack('q', 0);
if (sys('splice', fileno $reading, $offset, fileno $in, 0, 1, 0) > 0) { syswrite($in, 'CHANGED') }
my $after = slurp($file) // '';
succeeded("by: @{[join ', ', @done]}") if @done;
succeeded('a pipe wrote into the file') if $after ne $before;
refused(keys(%ways) . ' ways and a dirty pipe, none changes anything');
