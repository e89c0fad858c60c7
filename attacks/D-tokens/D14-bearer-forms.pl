# title: The right token where no token belongs: the query, a cookie, a form, other headers, two headers at once.
# expect: Only one Authorization: Bearer header counts: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my @requests = control_run() ? ("GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n\r\n") : (
    "GET /v1/inbox?after=0&wait=0&access_token=$token HTTP/1.1\r\nHost: d\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nCookie: token=$token; Authorization=Bearer $token\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nX-Authorization: Bearer $token\r\nProxy-Authorization: Bearer $token\r\nX-Api-Key: $token\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Basic " . b64u("x:$token") . "\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer x.y.z\r\nAuthorization: Bearer $token\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token, Bearer $token\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer\r\n\r\n",
);
for my $request (@requests) {
    my $answer = exchange($request);
    succeeded("The door served a request whose token came as: " . ($request =~ s/\r\n/ | /gr =~ s/eyJ[\w.-]+/TOKEN/gr)) if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status}.") if $answer->{status} !~ /^40[013]$/;
}
refused('The token counts in no other place: ' . scalar(@requests) . ' forms, each 400 or 401.');
