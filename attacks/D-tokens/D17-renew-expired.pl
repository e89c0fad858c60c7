# title: Tokens that have ended, or are for another boundary, are shown to be renewed into good ones.
# expect: Renewal takes only a token that is good at the door now: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my %tokens = control_run() ? (own => own_token()) : (expired => facts()->{expired_token}, 'of the runtime' => facts()->{runtime_token}, 'of nobody' => 'a.b.c');
for my $name (sort keys %tokens) {
    my $answer = post('/v1/token', '', token => $tokens{$name} // inconclusive("There is no token ($name) among the facts."));
    succeeded("A token ($name) was renewed.") if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status} ($name).") if $answer->{status} !~ /^40[13]$/;
}
refused('None of ' . scalar(keys %tokens) . ' tokens was renewed.');
