# title: Signatures of zeros, of the group's order, in DER, cut, doubled, or none.
# expect: Only a valid r and s of 32 bytes each verify: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($header, $payload, $signature) = split /\./, own_token();
my $order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
my $bytes = unb64u($signature);
my ($r, $s) = (substr($bytes, 0, 32), substr($bytes, 32));
my %signatures = (
    'r = s = 0' => "\0" x 64, 'r = s = n' => pack('H*', $order x 2), 'r = s = 1' => ("\0" x 31 . "\1") x 2, 'nothing' => '', 'one byte' => 'x',
    'r alone' => $r, 's and r' => $s . $r, 'a byte more' => "$bytes\0", 'twice' => $bytes x 2,
    'DER' => pack('C*', 0x30, 70, 2, 33, 0) . $r . pack('C*', 2, 33, 0) . $s, 'DER of zeros' => pack('H*', '3006020100020100'), '4000 zeros' => "\0" x 4000,
);
forged_tokens(map { ("a signature of $_", "$header.$payload." . b64u($signatures{$_})) } sort keys %signatures);
