# title: take all that the kernel has of asynchronous input and output, which it counts for the whole machine
# expect: the call is refused
# control: seccomp
# skip: gvisor: it is the sandbox's own kernel that counts it
use strict;
use warnings;
use Attack;

# The smallest there is, given back at once: one that succeeds may be as large as all that the machine has.
my $context = pack('Q', 0);
if (sys('io_setup', 1, $context) == 0) {
    sys('io_destroy', unpack('Q', $context));
    succeeded('a context was made, and could have been as large as fs.aio-max-nr');
}
my $error = errno_name();
inconclusive("io_setup: $error") unless $error eq 'EPERM';
refused("io_setup: $error");
