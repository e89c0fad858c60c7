# title: Packs cut short, with a wrong checksum, count, version, type or size, trailing bytes, bad zlib data, foreign deltas.
# expect: bundle-refused or bundle-format; nothing lands.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $commit = turn_commit(with_file(['100644', "corrupt-$$.txt", blob("content $$\n" x 50)]));
my $pack = git("$commit\n^" . base_commit() . "\n", 'pack-objects', '--stdout', '--quiet', '--revs');
my $head = '-' . base_commit() . " \n$commit refs/heads/main\n";
my %packs = control_run() ? (whole => $pack) : (
    'cut in half' => substr($pack, 0, length($pack) / 2), 'without a checksum' => substr($pack, 0, -20), 'a wrong checksum' => substr($pack, 0, -20) . "\0" x 20, 'a count too small' => do { my $p = $pack; substr($p, 8, 4) = pack 'N', 1; $p }, 'a count too large' => do { my $p = $pack; substr($p, 8, 4) = pack 'N', 1000; $p },
    'a count of 2^32' => do { my $p = $pack; substr($p, 8, 4) = pack 'N', 0xffffffff; $p }, 'version 9' => do { my $p = $pack; substr($p, 4, 4) = pack 'N', 9; $p }, 'a flipped bit' => do { my $p = $pack; substr($p, 30, 1) ^= "\x40"; $p }, 'an object of type 5' => do { my $p = $pack; substr($p, 12, 1) = chr 0xd5; $p },
    'a size of gigabytes' => do { my $p = $pack; substr($p, 12, 1) = "\xff\xff\xff\xff\x7f"; $p }, 'the head alone' => substr($pack, 0, 12), 'no objects' => 'PACK' . pack('NN', 2, 0) . pack('H*', '029d08823bd8a8eab510ad6ac75c823cfd3ed31e'),
);
my %rules;
for my $name (sort keys %packs) { $rules{ judge_commit("a pack $name", raw_bundle($head, $packs{$name}), 'bundle-refused|bundle-format|bundle-objects') }++ }
refused(scalar(keys %packs) . ' broken packs: ' . join(', ', map { "$_ ($rules{$_})" } sort keys %rules) . '.');
