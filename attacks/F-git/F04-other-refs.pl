# title: A bundle moves other refs than main: proposals, tags, HEAD, replace, notes, other branches, several at once.
# expect: Exactly one ref, refs/heads/main: bundle-ref.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $commit = turn_commit(with_file(['100644', "ref-$$.txt", blob("x\n")]));
my $pack = git("$commit\n^" . base_commit() . "\n", 'pack-objects', '--stdout', '--quiet', '--revs');
my $base = base_commit();
my @heads = control_run() ? ("-$base \n$commit refs/heads/main\n") : map { "-$base \n" . join('', map { "$commit $_\n" } @$_) }
    ['refs/heads/other'], ['refs/proposals/x'], ['refs/heads/proposals/' . dispatch()], ['HEAD'], ["refs/replace/$base"], ['refs/notes/commits'], ['refs/tags/v1'], ['refs/heads/main', 'refs/heads/other'], ['refs/heads/main', 'refs/heads/main'],
    ['refs/heads/../../HEAD'], ['refs/heads/main '], ['refs/heads/Main'], ['main'], ['../refs/heads/main'], ["refs/heads/main\0x"], ['refs/heads/main^{}'], ['--upload-pack=x'];
my %rules;
for my $head (@heads) { $rules{ judge_commit($head =~ s/\n/ /gr =~ s/[0-9a-f]{40}/SHA/gr, raw_bundle($head, $pack), 'bundle-ref|bundle-format') }++ }
refused(scalar(@heads) . ' heads refused: ' . join(', ', sort keys %rules) . '.');
