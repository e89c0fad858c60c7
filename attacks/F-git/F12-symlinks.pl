# title: Links that lead out: absolute, up and up, into .git, through other links, over-long, with NUL; files below a link.
# expect: bad-link or git's own check.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my @targets = ('/etc/passwd', '/', '../x', '../../../../etc/passwd', 'a/../../x', './../x', '.git/config', 'a/.GIT/config', 'git~1/config', '', 'x' x 5000, "a\0/etc/passwd", '/proc/self/root/etc/shadow', '//etc', 'a/b/../../..', '..', "\\..\\..", '.git');
@targets = grep { $_ ne "\\..\\.." } @targets;
my @trees = map { my $blob = blob($_); ("a link to '" . substr($_, 0, 30) . "'" => [with_file(['120000', 'link', $blob]), [$blob]]) } @targets;
my $root = blob('/tmp');
my $file = blob("x\n");
my $under = tree(['100644', 'x', $file]);
push @trees, 'a link and a folder of one name' => [tree(['120000', 'd', $root], ['40000', 'd', $under]), [$root, $under, $file]];
hostile('bad-link|bundle-refused|bad-path', @trees);
