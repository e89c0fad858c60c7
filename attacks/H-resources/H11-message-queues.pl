# title: fill kernel memory by POSIX message queues
# expect: none can be made
# control: no-limits
# skip: gvisor: the queues are in the sandbox's own memory, which H12 fills
use strict;
use warnings;
use Attack;

my $made = 0;
for my $n (1 .. 16) {
    my ($name, $attributes) = ("attack-$n", pack('q8', 0, 10, 8192, 0, 0, 0, 0, 0));
    last if sys('mq_open', $name, 0102, 0600, $attributes) < 0;
    $made++;
    sys('mq_unlink', $name);
}
my $error = errno_name();
succeeded("$made queues were made") if $made;
refused("none: $error");
