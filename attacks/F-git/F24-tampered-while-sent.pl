# title: One bundle is sent in pieces while its twin with another content races it under the same commit id.
# expect: What lands is what was judged. The twin is refused, or told what the good one was told: that commit is there, and its id is its content.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $tree = with_file(['100644', "race-$$.txt", blob("good $$\n")]);
my $good = turn_commit($tree);
my $bundle = bundle_of($good);
my $bad = with_file(['100644', '.git', blob("bad\n")]);
my $twin = raw_bundle('-' . base_commit() . " \n$good refs/heads/main\n", raw_pack(turn_commit($bad), $bad, blob("bad\n")));
my ($turn, $home, $token) = (own_turn(), home_workspace(), own_token());
my @senders = map { door() // inconclusive("There is no door: $!") } 1, 2;
my @parts = ($bundle, control_run() ? $bundle : $twin);
for my $n (0, 1) { send_bytes($senders[$n], "POST /v1/workspaces/$home/bundle?turn=$turn HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nContent-Type: application/x-git-bundle\r\nContent-Length: " . length($parts[$n]) . "\r\n\r\n" . substr($parts[$n], 0, 60), 3) }
pause(0.3);
for my $n (1, 0) { send_bytes($senders[$n], substr($parts[$n], 60), 3) }
my @answers = map { read_response($_, 30) } @senders;
succeeded('Both of two equal bundles got the same answer.') if control_run() && $answers[0]{status} == 200 && $answers[0]{body} eq $answers[1]{body};
my $same = $answers[1]{status} == 200 && $answers[1]{body} eq $answers[0]{body};
succeeded('The twin was accepted.') if $answers[1]{status} == 200 && !$same;
inconclusive("The door answered $answers[0]{status} and $answers[1]{status}.") if $answers[0]{status} != 200 || (!$same && $answers[1]{status} !~ /^4/);
refused($same ? 'The twin got the answer of the good one, and nothing of it landed.' : 'The good one landed, its twin did not: ' . rule_of($answers[1]) . '.');
