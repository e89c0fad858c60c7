# title: Forty connections send bundles of the largest size at once, without end.
# expect: One is received at a time: the others are not read, and take no room.
# control: honest
# seconds: 40
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my ($home, $turn, $token) = (home_workspace(), own_turn() // inconclusive('There is no turn under way.'), own_token());
my @senders = map { door() // () } 1 .. (control_run() ? 1 : 40);
my $head = "# v2 git bundle\n-" . base_commit() . " \n" . '1' x 40 . " refs/heads/main\n\nPACK";
my $full = 24 << 20;
my %taken;
for my $sender (@senders) {
    send_bytes($sender, "POST /v1/workspaces/$home/bundle?turn=$turn HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nContent-Type: application/x-git-bundle\r\nContent-Length: 200000000\r\n\r\n$head", 1);
    $taken{ fileno $sender } = 0;
}
my $bytes = "\0" x 262144;
my $until = now() + 12;
while (now() < $until) {
    my ($set, $moved) = ('', 0);
    vec($set, fileno $_, 1) = 1 for @senders;
    last unless select undef, $set, undef, 1;
    for my $sender (grep { vec $set, fileno $_, 1 } @senders) {
        next if $taken{ fileno $sender } >= $full;
        my $count = syswrite $sender, $bytes;
        if (defined $count) { $taken{ fileno $sender } += $count; $moved += $count }
    }
    last if !$moved && !grep { $_ < $full } values %taken;
    pause(0.05) unless $moved;
}
my $whole = grep { $_ >= $full } values %taken;
my $sum = 0;
$sum += $_ for values %taken;
succeeded('A bundle is taken as it comes.') if control_run() && $whole == 1;
succeeded(sprintf '%d bundles were received at once, %d MiB of them.', $whole, $sum >> 20) if $whole > 2;
refused(sprintf '%d connections, %d of them received: %d MiB in all.', scalar @senders, $whole, $sum >> 20);
