# title: lock memory, so that it can never be paged out
# expect: EPERM or ENOMEM beyond 64 KiB
# control: no-limits root-user capabilities
use strict;
use warnings;
use Attack;

my $block = 'x' x (4 * 1048576);
my @said;
if (sys('mlock', $block, length $block) == 0) { succeeded('4 MiB are locked') }
push @said, 'mlock ' . errno_name();
my $exit = child(sub { sys('mlockall', 1 | 2) == 0 or return 1; my $more = 'x' x (8 * 1048576); 0 });
succeeded('everything is locked') if defined $exit && $exit == 0;
refused(join(', ', @said) . ', mlockall refused');
