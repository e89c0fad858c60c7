# title: redirect the overlay to other folders of the host by its own attributes, and give files capabilities
# expect: EPERM for trusted and security attributes, whiteouts and opaque marks
# control: capabilities root-user
use strict;
use warnings;
use Attack;

my @said;
for my $folder ('/workspaces/loot', '/tmp', '/home/agent') {
    my $path = "$folder/.attack-attributes";
    mkdir $path;
    open(my $file, '>', "$path/file") or next;
    for (['trusted.overlay.redirect', '/'], ['trusted.overlay.opaque', 'y'], ['trusted.overlay.metacopy', ''], ['trusted.overlay.origin', 'x'], ['security.capability', pack('L5', 0x02000001, 0xffffffff, 0, 0xff, 0)]) {
        my ($name, $value) = @$_;
        for my $target ($path, "$path/file") {
            succeeded("$name was set in $folder") if sys('setxattr', $target, $name, $value, length $value, 0) == 0;
            push @said, errno_name();
        }
    }
}
inconclusive('no place to try it') unless @said;
my %kinds = map { $_ => 1 } @said;
refused(scalar(@said) . ' attributes refused: ' . join ' ', sort keys %kinds);
