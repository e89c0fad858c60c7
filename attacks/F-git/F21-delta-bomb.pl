# title: A chain of deltas, each of which doubles the one before, up to half a gigabyte.
# expect: Refused within the memory and time of one check.
# control: honest
# seconds: 90
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;
use Compress;

my $levels = control_run() ? 3 : 17;
my ($pack, $tree, $commit) = delta_pack($levels, "bomb-$$");
my $began = now();
my $rule = judge_commit("a file of " . (4096 << $levels) . ' bytes by deltas', raw_bundle('-' . base_commit() . " \n$commit refs/heads/main\n", $pack), 'file-too-large|commit-too-large|bundle-refused|bundle-too-slow|bundle-objects');
succeeded(sprintf 'It took %.0f s to refuse it.', now() - $began) if now() - $began > 70;
refused(sprintf 'A bundle of %d bytes is refused after %.1f s: %s.', length $pack, now() - $began, $rule);
