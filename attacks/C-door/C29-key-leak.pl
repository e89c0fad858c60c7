# title: The provider's key is looked for: in the environment, in every process, in errors of the model route, in HEAD and OPTIONS, in echoed headers.
# expect: There is no key in here: the door adds it outside.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my @texts = control_run() ? ('sk-ant-' . 'x' x 24) : ();
if (!control_run()) {
    for my $process (glob '/proc/[0-9]*') {
        push @texts, slurp("$process/environ") // '';
    }
    my $body = '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}';
    push @texts, map { $_->{raw} // '' } (
        post('/anthropic/v1/messages', '{'), post('/anthropic/v1/messages', $body, headers => ['anthropic-version: ' . 'x' x 8000]), post('/anthropic/v1/messages?debug=1&echo=headers', $body),
        request('HEAD', '/anthropic', body => ''), request('OPTIONS', '/anthropic/v1/messages', body => ''), request('TRACE', '/anthropic/v1/messages', body => ''), get('/anthropic/v1/models'), get('/anthropic/v1/models/%00'),
        post('/anthropic/v1/messages', $body, type => "application/json; charset=\xff"), get('/anthropic/v1/messages'), post('/anthropic/v1/messages/count_tokens', '[]'),
    );
}
for my $text (@texts) {
    succeeded('A key was found: ' . substr($1, 0, 12) . '...') if $text =~ /(sk-[A-Za-z0-9_-]{16,})/ || $text =~ /x-api-key:\s*(?!the-door)(\S+)/i;
}
# Whatever was said is told, so that the harness finds its own key in it, should it be there in another form.
print substr(s/[^ -~]+/ /gr, 0, 2000), "\n" for @texts;
refused(scalar(@texts) . ' texts, no key in any of them.');
