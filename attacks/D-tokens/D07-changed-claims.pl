# title: The own token with other claims under the old signature: more workspaces, another dispatch, a later end.
# expect: One changed bit breaks the signature: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($header, $payload, $signature) = split /\./, own_token();
my $plain = unb64u($payload);
my $victim = facts()->{victim_dispatch} // 'd-other';
my %changed = (
    'every workspace rw' => $plain =~ s/"mode":"ro"/"mode":"rw"/gr =~ s/"workspaces":\[/"workspaces":[{"id":"victim","mode":"rw"},/r,
    'a later end' => $plain =~ s/"exp":\d+/'"exp":' . (time + 86400 * 365)/er,
    'another dispatch' => $plain =~ s/"dispatch":"[^"]+"/"dispatch":"$victim"/r,
    'another subject' => $plain =~ s/"sub":"[^"]+"/"sub":"admin"/r,
    'another audience' => $plain =~ s/"aud":"[^"]+"/"aud":["vexa-door","vexa-runtime"]/r,
    'a space more' => "$plain ",
);
my @forgeries = map { ($_, "$header." . b64u($changed{$_}) . ".$signature") } sort keys %changed;
for my $part (0 .. 2) {
    my @parts = ($header, $payload, $signature);
    substr($parts[$part], 5, 1) = substr($parts[$part], 5, 1) eq 'A' ? 'B' : 'A';
    push @forgeries, "one letter changed in part $part", join '.', @parts;
}
forged_tokens(@forgeries);
