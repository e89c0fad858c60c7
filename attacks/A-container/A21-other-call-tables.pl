# title: make a forbidden system call past the filter: by the 32-bit gate, by x32 numbers, from machine code of one's own
# expect: the program is killed, or EPERM, or ENOSYS
# control: seccomp
# skip: gvisor: the table of calls is that of the sandbox's own kernel
use strict;
use warnings;
use Attack;

# unshare(CLONE_NEWUSER): exit 0 where it was done. On x86-64 as a program of a few bytes, because Perl speaks 64-bit calls only.
my $user = 0x10000000;
my %ways = ('the usual call' => sub { sys('unshare', $user) == 0 ? 0 : 1 });
if (!is_arm64()) {
    my $tail = "\x31\xff\x85\xc0\x40\x0f\x95\xc7\xb8\x3c\x00\x00\x00\x0f\x05";
    my $new = pack('L', $user);
    %ways = (%ways,
        'the 32-bit gate' => program("\xb8" . pack('L', 310) . "\xbb$new\xcd\x80$tail"),
        'x32 numbers' => program("\xb8" . pack('L', 0x40000000 | 272) . "\xbf$new\x0f\x05$tail"),
        'machine code' => program("\xb8" . pack('L', 272) . "\xbf$new\x0f\x05$tail"),
        'a number with high bits' => sub { syscall(272 + 2**32, $user) == 0 ? 0 : 1 },
    );
}
my @said;
for (sort keys %ways) {
    my $exit = child($ways{$_});
    inconclusive("no process for $_") unless defined $exit;
    succeeded("$_ made a user namespace") if $exit == 0;
    push @said, "$_ " . ($exit < 0 ? 'killed by signal ' . -$exit : 'refused');
}
refused(join ', ', @said);

sub program {
    my ($code) = @_;
    my ($base, $head) = (0x400000, 120);
    my $size = $head + length $code;
    my $elf = "\x7fELF" . pack('C5 x7', 2, 1, 1, 0, 0) . pack('S S L Q Q Q L S S S S S S', 2, 62, 1, $base + $head, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        . pack('L L Q Q Q Q Q Q', 1, 5, 0, $base, $base, $size, $size, 4096) . $code;
    return sub {
        my $path = "/tmp/.attack-$$";
        open(my $file, '>', $path) or return 98;
        binmode $file;
        print $file $elf;
        close $file;
        chmod 0755, $path;
        exec { $path } $path or return 97;
    };
}
