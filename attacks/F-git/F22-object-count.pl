# title: Bundles whose packs claim from two hundred thousand to four billion objects.
# expect: bundle-objects, before anything is unpacked.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $tree = with_file(['100644', "count-$$.txt", blob("x\n")]);
my $commit = turn_commit($tree);
my $pack = git("$commit\n^" . base_commit() . "\n", 'pack-objects', '--stdout', '--quiet', '--revs');
my %rules;
for my $count (control_run() ? (unpack 'N', substr $pack, 8, 4) : (200_001, 300_000, 0x7fffffff, 0x80000000, 0xffffffff)) {
    my $claims = $pack;
    substr($claims, 8, 4) = pack 'N', $count;
    $rules{ judge_commit("a pack that claims $count objects", raw_bundle('-' . base_commit() . " \n$commit refs/heads/main\n", $claims), 'bundle-objects') }++;
}
refused('Refused by the count alone: ' . join(', ', keys %rules) . '.');
