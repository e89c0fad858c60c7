# title: Waits of years, numbers beyond all bounds, and the inbox closed with a future number.
# expect: 400; a wait is 25 s at most; closing needs the true number.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my @targets = control_run() ? ('after=0&wait=0') : ('after=0&wait=1000000', 'after=-1&wait=0', 'after=9223372036854775808&wait=0', 'after=0&wait=-1', 'after=0x1&wait=0', 'after=&wait=0', 'after=0', 'wait=0', 'after=0&wait=1e3', 'after=%20%200&wait=0', 'after=0&wait=26', 'after=%EF%BC%91&wait=0');
for my $target (@targets) {
    my $answer = get("/v1/inbox?$target", wait => 3);
    succeeded("GET /v1/inbox?$target was served: " . ($answer->{late} ? 'it waits' : $answer->{status})) if $answer->{late} || $answer->{status} == 200;
    inconclusive("The door answered $answer->{status} to $target.") if $answer->{status} != 400;
}
for my $after ('-1', '9223372036854775808', '"1"', '1.5', 'null') {
    my $answer = post('/v1/inbox/close', "{\"after\":$after}");
    succeeded("The inbox was closed by after = $after.") if $answer->{status} == 200;
}
refused(scalar(@targets) . ' queries and 5 closings with impossible numbers refused.');
