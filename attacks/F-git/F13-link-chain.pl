# title: Two links that are harmless each and lead out together; a folder of the trunk becomes a link.
# expect: No chain of accepted links leads out of the workspace.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $up = blob('..');
my $through = blob('sub/up/up/etc/passwd');
my $two = blob('up/..');
my $sub = tree(['120000', 'up', $up]);
hostile('bad-link|bad-path|bundle-refused', 'a link through a link' => do { my $t = blob('sub/up/../..'); [with_file(['120000', 'out', $t], ['40000', 'sub', $sub]), [$t, $sub, $up]] }, 'dot-dot behind a link' => do { my $s = tree(['120000', 'a', $two], ['120000', 'up', $up]); [with_file(['40000', 'sub', $s]), [$s, $two, $up]] });
