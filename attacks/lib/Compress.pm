# Packs that are small and stand for much: perl-base has no zlib, so the streams are written bit by bit.
package Compress;
use strict;
use warnings;
use Exporter 'import';
use Bundle;
use Door;

our @EXPORT = qw(zero_pack delta_pack);

# zlib of any bytes, not compressed.
sub stored {
    my ($bytes) = @_;
    my ($out, $at) = ("\x78\x01", 0);
    do {
        my $part = substr $bytes, $at, 65535;
        $at += length $part;
        $out .= pack('Cvv', $at >= length $bytes ? 1 : 0, length $part, ~length($part) & 0xffff) . $part;
    } while $at < length $bytes;
    return $out . pack 'N', adler32($bytes);
}

# zlib of so many zeros: one literal, then matches of 258 bytes at distance 1, in the fixed code. Each match is 13 bits: 11000101 00000.
sub zeros {
    my ($size) = @_;
    my $matches = int(($size - 1) / 258);
    my $rest = $size - 1 - 258 * $matches;
    my $match = '1100010100000';
    my $bits = '1' . '10' . '00110000';
    my $end = '00110000' x $rest . '0000000';
    # Eight matches are thirteen bytes, so the middle repeats.
    my $lead = (8 - length($bits) % 8) % 8;
    my $before = 0;
    $before++ while (length($bits) + $before * 13) % 8;
    $bits .= $match x $before;
    my $blocks = int(($matches - $before) / 8);
    my $tail = $matches - $before - 8 * $blocks;
    my $high = $size % 65521;
    return "\x78\x01" . pack('b*', $bits) . pack('b*', $match x 8) x $blocks . pack('b*', $match x $tail . $end) . pack 'nn', $high, 1;
}

sub object_head {
    my ($type, $size) = @_;
    my $byte = $type << 4 | $size & 15;
    $size >>= 4;
    my $out = '';
    while ($size) { $out .= chr($byte | 128); $byte = $size & 127; $size >>= 7 }
    return $out . chr $byte;
}

sub varint {
    my ($number) = @_;
    my $out = '';
    while ($number > 127) { $out .= chr($number & 127 | 128); $number >>= 7 }
    return $out . chr $number;
}

# SHA-1, for the ids of objects that are too large for any file here.
sub sha1_of_zeros {
    my ($size) = @_;
    my $child = open my $from, '-|', 'sh', '-c', "{ printf 'blob $size\\0'; head -c $size /dev/zero; } | openssl dgst -sha1 -r" or die 'openssl';
    my ($sha) = (<$from> // '') =~ /^([0-9a-f]{40})/;
    return $sha // die 'openssl';
}

sub seal {
    my ($objects, $count) = @_;
    my $pack = 'PACK' . pack('NN', 2, $count) . $objects;
    open my $file, '>:raw', "/tmp/pack-$$" or die $!;
    print $file $pack;
    close $file;
    my ($sha) = `openssl dgst -sha1 -r /tmp/pack-$$` =~ /^([0-9a-f]{40})/;
    unlink "/tmp/pack-$$";
    return $pack . pack 'H*', $sha;
}

sub whole {
    my ($type, $sha, $number) = @_;
    my $content = git('', 'cat-file', $type, $sha);
    return object_head($number, length $content) . stored($content);
}

# A bundle's pack with one file of so many zeros; its tree and commit.
sub zero_pack {
    my ($size, $name) = @_;
    my $sha = sha1_of_zeros($size);
    my $tree = with_file(['100644', $name, $sha]);
    my $commit = turn_commit($tree);
    return (seal(whole('commit', $commit, 1) . whole('tree', $tree, 2) . object_head(3, $size) . zeros($size), 3), $tree, $commit);
}

# The same by deltas: 4 KiB of zeros, and each object twice the one before.
sub delta_pack {
    my ($levels, $name) = @_;
    my ($size, $out, $count) = (4096, '', 0);
    my $sha = sha1_of_zeros($size);
    $out = object_head(3, $size) . stored("\0" x $size);
    for my $level (1 .. $levels) {
        my $copy = '';
        my $left = $size;
        # Copies of at most 16 MiB - 1 from the start of the base, to make the whole twice.
        for my $round (1, 2) {
            for (my $at = 0; $at < $size;) {
                my $part = $size - $at < 0xffffff ? $size - $at : 0xffffff;
                $copy .= "\xff" . pack('V', $at) . substr pack('V', $part), 0, 3;
                $at += $part;
            }
        }
        my $delta = varint($size) . varint(2 * $size) . $copy;
        $out .= object_head(7, length $delta) . pack('H*', $sha) . stored($delta);
        $size *= 2;
        $sha = sha1_of_zeros($size);
        $count++;
    }
    my $tree = with_file(['100644', $name, $sha]);
    my $commit = turn_commit($tree);
    return (seal($out . whole('commit', $commit, 1) . whole('tree', $tree, 2), 3 + $levels), $tree, $commit);
}

1;
