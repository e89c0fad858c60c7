# title: A file of 120 MiB of zeros, in a bundle of less than one.
# expect: file-too-large, too large a commit, or the memory of one check.
# control: honest
# seconds: 90
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;
use Compress;

my $size = control_run() ? 1 << 20 : 120 << 20;
my ($pack, $tree, $commit) = zero_pack($size, "zeros-$$");
my $rule = judge_commit("a file of $size zeros", raw_bundle('-' . base_commit() . " \n$commit refs/heads/main\n", $pack), 'file-too-large|commit-too-large|bundle-refused');
refused("A bundle of " . length($pack) . " bytes that is " . ($size >> 20) . " MiB: $rule.");
