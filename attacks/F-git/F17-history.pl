# title: History is rewritten: two commits, a merge, no parent, an old base with a foreign parent, a tag or a tree in the commit's place.
# expect: One commit on the base: one-commit, unknown-parent.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $base = base_commit();
my $tree = with_file(['100644', "history-$$.txt", blob("x $$\n")]);
my $first = turn_commit($tree);
my $second = turn_commit(with_file(['100644', "history2-$$.txt", blob("y\n")]), parents => [$first]);
my $root = turn_commit($tree, parents => []);
my $merge = turn_commit($tree, parents => [$base, $first]);
my $tag = raw_object('tag', "object $first\ntype commit\ntag x\ntagger a <a\@b> 1 +0000\n\nx\n");
my $reach = sub { return map { (split / /)[0] } split /\n/, git(join('', map { "$_\n" } @_) . "^$base\n", 'rev-list', '--objects', '--stdin') };
my %cases = control_run() ? (one => [$first, [$reach->($first)]]) : (
    'two commits' => [$second, [$reach->($second)]], 'no parent' => [$root, [$reach->($root)]], 'a merge' => [$merge, [$reach->($merge)]], 'a tag' => [$tag, [$tag, $reach->($first)]], 'a tree' => [$tree, [$tree]], 'a file' => [blob("z"), [blob("z")]], 'the base itself' => [$base, [$first]],
);
my %rules;
for my $name (sort keys %cases) {
    my ($tip, $objects) = @{ $cases{$name} };
    $rules{ judge_commit($name, raw_bundle("-$base \n$tip refs/heads/main\n", raw_pack(@$objects)), 'one-commit|bundle-refused|unknown-parent|commit-headers') }++;
}
refused(scalar(keys %cases) . ' histories refused: ' . join(', ', map { "$_ ($rules{$_})" } sort keys %rules) . '.');
