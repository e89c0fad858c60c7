# title: read every file that can be read, every environment and every command line, and look for secrets of others
# expect: none is found
# control: host-folder
# seconds: 40
use strict;
use warnings;
use Attack;

# The one thing an attacker could not know: what the harness's secrets look like. It makes the search sharper than his.
my $secret = qr/canary[0-9a-f]{42}|sk-ant-canary|-----BEGIN (?:EC )?PRIVATE KEY/;
my ($looked, %seen) = (0);
my @folders = ('/');
# Those that the image itself brings hold no secrets and would take long.
my $skip = qr{^/(?:usr|proc/\d+/(?:task|net)|proc/(?:sys|bus|irq|tty|fs)|sys|opt/runners|opt/vexa)(?:/|$)};
while (defined(my $folder = shift @folders)) {
    next if $folder =~ $skip;
    opendir(my $names, $folder) or next;
    for (readdir $names) {
        next if $_ eq '.' || $_ eq '..';
        my $path = $folder eq '/' ? "/$_" : "$folder/$_";
        my ($dev, $ino) = lstat $path or next;
        if (-d _) { push @folders, $path unless $seen{"$dev:$ino"}++ }
        elsif (-f _ && $path !~ m{^/proc/(?:\d+/)?(?:mem|kcore|pagemap|kpage\w+|clear_refs|kmsg|kallsyms)$} && $path !~ /\.(?:pl|pm)$/) {
            $looked++;
            my $text = slurp($path, 262144);
            next unless defined $text;
            succeeded("a secret in $path") if $text =~ $secret;
        }
    }
}
for (split ' ', fact('host_files')) { succeeded("$_ can be read") if defined slurp($_) }
inconclusive("only $looked files were looked at") if $looked < 200;
refused("$looked files, no secret in any");
