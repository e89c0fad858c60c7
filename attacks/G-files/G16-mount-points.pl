# title: move, replace or remove the mount points themselves
# expect: EBUSY, EROFS, EXDEV or EACCES
# control: writable-root root-user
use strict;
use warnings;
use Attack;

my @said;
for my $point ('/workspaces/loot', '/workspaces/attack', '/run/vexa', '/run/vexa/token', '/opt/vexa', '/opt/runners', '/proc', '/sys', '/dev', '/tmp', '/home/agent', '/home', '/opt', '/usr/lib', '/mnt', '/srv', '/media') {
    next unless -d $point && !-l $point;
    my $moved = "$point.attack";
    if (rename $point, $moved) { rename $moved, $point; succeeded("$point was moved away") }
    push @said, errno_name();
    if (rmdir $point) { mkdir $point; succeeded("$point was removed") }
    push @said, errno_name();
}
my %kinds = map { $_ => 1 } @said;
refused(scalar(@said) . ' tries: ' . join ' ', sort keys %kinds);
