# title: Model routes beyond the three that are served: files, batches, admin, and ways around by dots, slashes and schemes.
# expect: 404: only the paths named exist.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my @paths = control_run() ? ('/v1/models') : ('/v1/files', '/v1/messages/batches', '/v1/organizations/api_keys', '/v1/complete', '/v1/skills', '/v1/environments', '/v1/messages/../files', '/v1/messages/%2e%2e/files', '//v1/files', '/v1//messages/batches', '/http://evil/', '/v1/models/../files', '/v1/messages%2fbatches', '/v1/messages%3fx', '/v1/messages/', '/..%2fv1/files', '/v1/Messages/batches', '/v1/messages;x/batches');
for my $path (@paths) {
    for my $method (control_run() ? 'GET' : qw(GET POST)) {
        my $answer = request($method, "/anthropic$path", $method eq 'POST' ? (body => '{}') : ());
        succeeded("$method $path was passed on: $answer->{status}.") if $answer->{status} =~ /^2/ || ($answer->{status} !~ /^40[045]$/ && $answer->{body} !~ /relay does not serve/);
    }
}
refused(scalar(@paths) . ' other routes of the provider: not served.');
