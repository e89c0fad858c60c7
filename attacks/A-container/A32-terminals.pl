# title: type into a terminal of the host
# expect: there is none but what the agent makes for itself
# control: honest
use strict;
use warnings;
use Attack;

my $letter = 'x';
if (control()) {
    # Where it is allowed: a terminal of one's own takes what is typed.
    open(my $master, '+<', '/dev/ptmx') or inconclusive("/dev/ptmx: $!");
    my ($unlock, $number) = (pack('l', 0), pack('L', 0));
    ioctl($master, 0x40045431, $unlock) && ioctl($master, 0x80045430, $number) or inconclusive("a terminal of our own: $!");
    my $path = '/dev/pts/' . unpack('L', $number);
    open(my $terminal, '+<', $path) or inconclusive("$path: $!");
    syswrite($terminal, $letter);
    sysread($master, my $typed, 1) or inconclusive("nothing came through: $!");
    succeeded("$path is ours and takes letters");
}
my @terminals = ('/dev/tty', '/dev/console', glob('/dev/tty[0-9]*'), glob('/dev/ttyS*'), grep { m{/\d+$} } glob('/dev/pts/*'));
for (@terminals) {
    succeeded("$_ is open to us") if open(my $terminal, '+<', $_);
}
for my $fd (0 .. 2) {
    open(my $standard, '<&=', $fd) or next;
    succeeded("descriptor $fd is a terminal") if -t $standard;
}
refused(scalar(@terminals) . ' terminals, none opens');
