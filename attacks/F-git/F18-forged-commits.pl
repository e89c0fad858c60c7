# title: Commits in another's name: author, committer, dates of the future, extra headers, signatures, encodings, missing or forged trailers.
# expect: Exactly as the worker makes it, or refused.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $tree = with_file(['100644', "forged-$$.txt", blob("x\n")]);
my ($claims, $order, $turn) = (claims(), order(), own_turn());
my $trailers = "Dispatch: $claims->{dispatch}\nTurn: $turn\nLauncher: $order->{launcher}\nRunner: $order->{runner}{name}\n";
my %cases = control_run() ? (plain => []) : (
    'another author' => [author => 'boss <boss@vexa.local>'], 'another committer' => [committer => 'boss <boss@vexa.local>'], 'an author with a newline' => [author => "owner <owner\@vexa.local> 1 +0000\nauthor boss <boss\@vexa.local>"], 'the year 2100' => [time => 4102444800], 'before all time' => [time => -1],
    'a gpgsig' => [headers => "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n"], 'an encoding' => [headers => "encoding UTF-7\n"], 'a mergetag' => [headers => "mergetag object x\n"], 'an unknown header' => [headers => "x-evil 1\n"],
    'another dispatch' => [trailers => $trailers =~ s/Dispatch: \S+/Dispatch: d-other/r], 'another launcher' => [trailers => $trailers =~ s/Launcher: \S+/Launcher: schedule:x/r], 'no trailers' => [trailers => ''], 'more trailers' => [trailers => "${trailers}Co-authored-by: boss <boss\@vexa.local>\n"], 'trailers twice' => [trailers => "$trailers$trailers"],
    'another runner' => [trailers => $trailers =~ s/Runner: \S+/Runner: trusted/r], 'an escape in the subject' => [message => "a\e[2Jb"], 'a subject of 100 KB' => [message => 'm' x 100000], 'no UTF-8' => [message => "a\xff\xfe"], 'an empty subject' => [message => ''], 'a NUL' => [message => "a\0b"],
);
my %rules;
for my $name (sort keys %cases) { $rules{ judge_commit($name, bundle_of(turn_commit($tree, @{ $cases{$name} })), 'commit-author|commit-headers|commit-trailers|commit-message|one-commit|bundle-refused') }++ }
refused(scalar(keys %cases) . ' forged commits refused: ' . join(', ', map { "$_ ($rules{$_})" } sort keys %rules) . '.');
