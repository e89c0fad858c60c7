# title: Tokens of 17 KiB to a megabyte, of deeply nested JSON, of nothing but dots: to crash or stall the door.
# expect: Refused at once, and the door goes on.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($header, $payload, $signature) = split /\./, own_token();
my %tokens = control_run() ? (own => own_token()) : (
    '17 KiB' => "$header.$payload.$signature" . 'A' x 17000, '30 KiB of dots' => '.' x 30000, 'a header of nested lists' => jwt('[' x 10000 . ']' x 10000, '{}', 'x'),
    'a payload of nested objects' => jwt('{"alg":"ES256"}', '{"a":' x 3000 . '1' . '}' x 3000, 'x'), 'a megabyte' => 'A' x 1048576,
    'a header of many names' => jwt('{' . join(',', map { qq("n$_":"v") } 1 .. 1500) . '}', '{}', 'x'),
);
for my $name (sort keys %tokens) {
    my $began = now();
    my $answer = get('/v1/inbox?after=0&wait=0', token => $tokens{$name}, wait => 8);
    succeeded("The door took a token ($name).") if $answer->{status} == 200;
    succeeded(sprintf 'A token (%s) kept the door busy for %.1f s.', $name, now() - $began) if now() - $began > 5;
    succeeded("The door failed over a token ($name): $answer->{status}.") if $answer->{status} >= 500;
}
inconclusive('The door does not serve the right token any more.') if get('/v1/inbox?after=0&wait=0')->{status} != 200;
refused(scalar(keys %tokens) . ' tokens refused; the right one is served after them.');
