# title: Fifteen thousand million files, by a few small trees that contain each other.
# expect: too-many-files, within bounded time and memory.
# control: honest
# seconds: 90
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $file = blob("x\n");
my ($tree, @all) = (tree(map { ['100644', sprintf('f%02d', $_), $file] } 0 .. 49));
push @all, $tree;
for (1 .. (control_run() ? 0 : 5)) { $tree = tree(map { ['40000', sprintf('d%02d', $_), $tree] } 0 .. 49); push @all, $tree }
my $began = now();
hostile('too-many-files|bundle-too-slow|bad-path', 'fifty to the sixth files' => [with_file(['40000', 'many', $tree]), [@all, $file]]);
