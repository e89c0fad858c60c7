# title: .gitattributes with filters, external diffs, working-tree encodings, export-subst and ident is committed.
# expect: It lands as a text and means nothing to trusted code.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $attributes = "* filter=evil diff=evil merge=evil working-tree-encoding=UTF-16 export-subst ident text eol=crlf\n*.bin -diff\n";
my $content = "line one \$Id\$ \$Format:%H\$\nline two\n";
my $tree = with_file(['100644', '.gitattributes', control_run() ? blob("*.txt text\n") : blob($attributes)], ['100644', "filtered-$$.txt", blob($content)]);
my $answer = deliver(bundle_of(turn_commit($tree)));
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
my ($lines) = $answer->{body} =~ /"insertions":(\d+)/;
succeeded('A commit with plain attributes landed.') if control_run();
succeeded("The attributes changed how the commit was read: $lines lines were counted.") if $lines != 4;
refused('It landed as text: its 4 lines were counted one by one, without filter, driver or encoding.');
