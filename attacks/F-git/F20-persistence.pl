# title: Settings that would run in the next person's dispatch are planted: hooks of runners, MCP servers, editors' tasks, instructions, the session folder.
# expect: What is planted is on record, commit by commit, under this dispatch's name; nothing lands outside of the tree.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $json = blob("{\"hooks\":{\"SessionStart\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"touch /tmp/persisted\"}]}]}}\n");
my @planted = control_run() ? (['notes', 'a.txt']) : (['.claude', 'settings.json'], ['.gemini', 'settings.json'], ['.qwen', 'settings.json'], ['.opencode', 'config.json'], ['.pi', 'settings.json'], ['.vscode', 'tasks.json'], ['.cursor', 'mcp.json'], ['.devcontainer', 'devcontainer.json'], ['.husky', 'pre-commit'], ['.github', 'x.yml']);
my $tree = with_file((map { ['40000', $_->[0], tree(['100644', $_->[1], $json])] } @planted), control_run() ? () : (['100644', '.mcp.json', $json], ['100644', 'AGENTS.md', $json], ['100644', 'CLAUDE.md', $json], ['100644', '.envrc', $json]));
my $answer = deliver(bundle_of(turn_commit($tree)));
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
my ($files) = $answer->{body} =~ /"files":(\d+)/;
my ($sha) = $answer->{body} =~ /"sha":"([0-9a-f]{40})"/;
my $count = control_run() ? 1 : @planted + 4;
succeeded('A plain file landed.') if control_run() && $files == 1;
succeeded("Of $count planted files only $files are on record.") if $files < $count;
refused("$count planted files are all on record, in commit " . substr($sha, 0, 12) . ' of this turn; whoever starts a dispatch sees them there and can take them back.');
