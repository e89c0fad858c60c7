# title: overwrite the program that runs as the container's first process (CVE-2019-5736 and its kin)
# expect: EROFS or EACCES
# control: writable-root root-user
use strict;
use warnings;
use Attack;

my @said;
for my $program ('/proc/1/exe', '/proc/self/exe', '/proc/' . getppid() . '/exe', '/opt/vexa/vexa-worker', '/usr/bin/perl') {
    for my $flags (1, 2, 02001) {
        my $opened = sys('openat', -100, $program, $flags, 0);
        my $error = errno_name();
        # Busy is what an owner hears while it runs: he is allowed, and only has to wait.
        succeeded("$program can be overwritten" . ($opened < 0 ? ' as soon as it does not run' : '')) if $opened >= 0 || $error eq 'ETXTBSY';
        push @said, $error;
    }
}
my %kinds = map { $_ => 1 } @said;
refused('refused: ' . join ' ', sort keys %kinds);
