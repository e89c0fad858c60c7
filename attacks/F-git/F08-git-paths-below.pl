# title: The same names below other folders, and config, hooks and HEAD below them.
# expect: bad-path, or git's own check, at every depth.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $blob = blob("#!/bin/sh\n");
my @trees;
for my $name ('.git', 'GIT~1', ".g\xe2\x80\x8cit", '.git::$INDEX_ALLOCATION', '.git ') {
    my $hooks = tree(['100755', 'post-checkout', $blob]);
    my $inner = tree(['100644', 'HEAD', $blob], ['100644', 'config', $blob], ['40000', 'hooks', $hooks]);
    my $middle = tree(['40000', $name, $inner]);
    my $outer = tree(['40000', 'b', $middle]);
    push @trees, "a/b/$name" => [with_file(['40000', 'a', $outer]), [$outer, $middle, $inner, $hooks, $blob]];
}
hostile('bad-path|bundle-refused', @trees);
