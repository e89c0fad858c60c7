# title: write where the image, the system and the workspaces' mount points lie, by every plain way
# expect: EROFS or EACCES everywhere but in the folders that are the agent's own
# control: writable-root root-user
use strict;
use warnings;
use Attack;

my @folders = ('/', '/bin', '/boot', '/etc', '/lib', '/opt', '/opt/runners', '/opt/vexa', '/root', '/run', '/run/vexa', '/run/vexa/token',
    '/sbin', '/srv', '/sys', '/usr', '/usr/bin', '/usr/lib', '/usr/local', '/var', '/var/lib', '/var/log', '/workspaces', '/workspaces/attack', '/proc', '/dev');
my @written;
for my $folder (grep { -d } @folders) {
    push @written, "$folder (new file)" if open(my $file, '>', "$folder/.attack");
    push @written, "$folder (new folder)" if mkdir "$folder/.attack-folder";
    push @written, "$folder (new link)" if symlink '/etc/passwd', "$folder/.attack-link";
}
for my $file (grep { -e } '/etc/passwd', '/etc/shadow', '/etc/ld.so.cache', '/usr/bin/git', '/bin/sh', '/opt/vexa/vexa-worker', '/run/vexa/token/token', '/workspaces/attack/run.pl') {
    push @written, "$file (open)" if can_open('+<', $file);
    push @written, "$file (truncate)" if truncate $file, -s $file;
    push @written, "$file (chmod)" if chmod((stat $file)[2] & 07777, $file);
    push @written, "$file (times)" if utime undef, undef, $file;
}
succeeded('wrote ' . join ', ', @written) if @written;
refused('nothing of it could be written');
