# title: Paths of 5,000 letters and of 200 folders, and a name of 4,000 letters.
# expect: bad-path, within the time of one check.
# control: honest
# seconds: 60
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $blob = blob("x\n");
my $deep = sub {
    my ($levels, $name) = @_;
    my ($tree, @all) = (tree(['100644', 'f', $blob]));
    push @all, $tree;
    if ($levels <= 200) { for (1 .. $levels) { $tree = tree(['40000', $name, $tree]); push @all, $tree } }
    return [$tree, [@all, $blob]];
};
hostile('bad-path|bundle-refused|bundle-too-slow|too-many-files', 'a name of 4000 letters' => [with_file(['100644', 'n' x 4000, $blob]), [$blob]], '70 folders' => $deep->(70, 'd'), '200 folders' => $deep->(200, 'dddddddddd'), 'a path of 5000 letters' => $deep->(25, 'p' x 200));
