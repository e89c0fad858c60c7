# title: Heads that are malformed: other versions, capabilities, filters, endless lines, no base, many bases, a base that is the tip, no pack.
# expect: bundle-format, one-commit or unknown-parent.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $commit = turn_commit(with_file(['100644', "head-$$.txt", blob("x\n")]));
my $base = base_commit();
my $pack = git("$commit\n^$base\n", 'pack-objects', '--stdout', '--quiet', '--revs');
my $body = "-$base \n$commit refs/heads/main\n\n$pack";
my %bundles = control_run() ? (plain => "# v2 git bundle\n$body") : (
    'version 3' => "# v3 git bundle\n\@object-format=sha1\n$body", 'a filter' => "# v3 git bundle\n\@filter=blob:none\n$body", 'version 9' => "# v9 git bundle\n$body", 'an endless line' => "# v2 git bundle\n-$base " . 'x' x 5_000_000,
    'no base' => "# v2 git bundle\n$commit refs/heads/main\n\n$pack", 'two bases' => "# v2 git bundle\n-$base \n-" . '1' x 40 . " \n$commit refs/heads/main\n\n$pack", 'a thousand bases' => "# v2 git bundle\n" . "-$base \n" x 1000 . "$commit refs/heads/main\n\n$pack",
    'the base as the tip' => "# v2 git bundle\n-$commit \n$commit refs/heads/main\n\n$pack", 'no pack' => "# v2 git bundle\n-$base \n$commit refs/heads/main\n\n", 'no head' => $pack, 'nothing' => '', 'zeros' => "\0" x 100000,
    'a carriage return' => "# v2 git bundle\r\n$body", 'SHA-256 names' => "# v2 git bundle\n-" . 'a' x 64 . " \n" . 'b' x 64 . " refs/heads/main\n\n$pack", 'upper case' => "# v2 git bundle\n" . uc("-$base ") . "\n$commit refs/heads/main\n\n$pack", 'a base that is nowhere' => "# v2 git bundle\n-" . '1' x 40 . " \n$commit refs/heads/main\n\n$pack",
);
my %rules;
for my $name (sort keys %bundles) { $rules{ judge_commit($name, $bundles{$name}, 'bundle-format|bundle-ref|one-commit|unknown-parent|bundle-refused') }++ }
refused(scalar(keys %bundles) . ' malformed heads refused: ' . join(', ', sort keys %rules) . '.');
