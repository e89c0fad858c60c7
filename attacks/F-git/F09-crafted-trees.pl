# title: Trees with names that are no names: dot, dot-dot, slashes, absolute, empty, NUL, duplicates, unsorted, wrong modes.
# expect: git's fsck or bad-path.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $blob = blob("x\n");
my $base = base_tree();
my $plain = sub { my (@entries) = @_; return tree(@entries) };
my $sub = tree(['100644', 'f', $blob]);
my @cases = (
    'dot-dot' => [$plain->(['40000', '..', $sub]), [$sub, $blob]], 'dot' => [$plain->(['40000', '.', $sub]), [$sub, $blob]], 'a file dot-dot' => [$plain->(['100644', '..', $blob]), [$blob]],
    'a/b as one name' => [$plain->(['100644', 'a/b', $blob]), [$blob]], '../../etc/cron.d/x' => [$plain->(['100644', '../../etc/cron.d/x', $blob]), [$blob]], 'an absolute name' => [$plain->(['100644', '/etc/cron.d/x', $blob]), [$blob]],
    'an empty name' => [$plain->(['100644', '', $blob]), [$blob]], 'a name twice' => [$plain->(['100644', 'a', $blob], ['100644', 'a', $blob]), [$blob]], 'a file and a folder of one name' => [$plain->(['100644', 'a', $blob], ['40000', 'a', $sub]), [$sub, $blob]],
    'unsorted names' => [$plain->(['100644', 'b', $blob], ['100644', 'a', $blob]), [$blob]], 'a backslash' => [$plain->(['100644', '..\\x', $blob]), [$blob]], 'a drive' => [$plain->(['100644', 'a\\..\\..\\b', $blob]), [$blob]],
    'mode 666' => [$plain->(['100666', 'a', $blob]), [$blob]], 'mode 0' => [$plain->(['0', 'a', $blob]), [$blob]], 'a setuid mode' => [$plain->(['104755', 'a', $blob]), [$blob]], 'a device mode' => [$plain->(['20666', 'a', $blob]), [$blob]], 'a FIFO mode' => [$plain->(['10644', 'a', $blob]), [$blob]],
    'a zero-padded mode' => [$plain->(['0100644', 'a', $blob]), [$blob]], 'a tree as a file' => [$plain->(['100644', 'a', $sub]), [$sub, $blob]], 'a file as a tree' => [$plain->(['40000', 'a', $blob]), [$blob]], 'a null id' => [$plain->(['100644', 'a', '0' x 40]), []],
    'a newline' => [$plain->(['100644', "a\nb", $blob]), [$blob]], 'an escape' => [$plain->(['100644', "a\e[2J", $blob]), [$blob]], 'no UTF-8' => [$plain->(['100644', "a\xff", $blob]), [$blob]], 'a cut tree' => [raw_object('tree', "100644 a\0short"), []], 'a tree without NUL' => [raw_object('tree', '100644 a'), []],
);
hostile('bad-path|bundle-refused|one-commit', @cases);
