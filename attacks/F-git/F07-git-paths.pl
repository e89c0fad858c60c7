# title: Paths that some file system takes for .git: other case, short names, streams, spaces, dots, characters that HFS+ drops.
# expect: bad-path, or git's own check.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $blob = blob("[core]\n\tfsmonitor = /tmp/x\n");
my @names = ('.git', '.GIT', '.Git', 'git~1', 'GIT~1', 'git~2', 'git~10', '.git ', '.git.', '.git. .', '.git ..', '.git::$INDEX_ALLOCATION', '.git::$DATA', '.git:x', ".g\xe2\x80\x8cit", ".gi\xe2\x80\x8dt", "\xe2\x80\x8c.git", ".git\xe2\x80\xae", ".\xef\xbb\xbfgit", '..git/../.git', "GIT~1 ", ".gi\xe2\x81\xaft", "\xe2\x81\xaa.GIT");
@names = grep { !m{/} } @names;
hostile('bad-path|bundle-refused', map { my $name = $_; ("'$name' as a file" => [with_file(['100644', $name, $blob]), [$blob]], "'$name' as a folder" => do { my $inner = tree(['100644', 'config', $blob]); [with_file(['40000', $name, $inner]), [$inner, $blob]] }) } @names);
