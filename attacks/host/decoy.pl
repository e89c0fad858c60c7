# Lives on the host while attacks run, and holds canaries where a process of the host may hold secrets: in its environment (given), behind a
# TCP port of the loopback, an abstract socket and an engine's socket, in System V shared memory and in a POSIX message queue. Is told of
# them on standard input, one NAME=VALUE a line up to an empty one; tells where they are the same way; ends and cleans up when its input does.
use strict;
use warnings;
use Socket;

my %canary;
while (<STDIN>) { chomp; last unless length; my ($name, $value) = split /=/, $_, 2; $canary{$name} = $value }
$| = 1;
my %listening;

my $tcp = listening(AF_INET, pack_sockaddr_in(0, INADDR_LOOPBACK));
$listening{fileno $tcp} = [$tcp, $canary{tcp}];
print 'host_loopback_port=', (unpack_sockaddr_in(getsockname $tcp))[0], "\n";

my $abstract = listening(AF_UNIX, pack('S', AF_UNIX) . "\0vexa-decoy-$$");
$listening{fileno $abstract} = [$abstract, $canary{abstract}];
print "host_abstract_socket=vexa-decoy-$$\n";

my $engine = listening(AF_UNIX, pack_sockaddr_un($canary{engine_socket}));
chmod 0666, $canary{engine_socket};
$listening{fileno $engine} = [$engine, "HTTP/1.1 200 OK\r\nContent-Length: " . length($canary{engine}) . "\r\n\r\n$canary{engine}"];

my $key = 0x56455841 ^ $$;
my $shm = shmget($key, 4096, 01666);
defined $shm && shmwrite($shm, $canary{shm}, 0, length $canary{shm}) or die "shm: $!";
print "shm_key=$key\nshm_id=$shm\n";

my $arm = `uname -m` =~ /aarch64/;
my $queue = "vexa-decoy-$$";
my $mq = syscall($arm ? 180 : 240, $queue, 0102, 0666, 0);
$mq >= 0 && syscall($arm ? 182 : 242, $mq, $canary{mq}, length $canary{mq}, 1, 0) == 0 or die "mq: $!";
syscall($arm ? 52 : 91, $mq, 0666);
print "mq_name=$queue\n\n";

END {
    shmctl($shm, 0, 0) if defined $shm;
    syscall($arm ? 181 : 241, $queue) if defined $mq;
}
$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
while (1) {
    my $ready = '';
    vec($ready, $_, 1) = 1 for 0, keys %listening;
    next unless select($ready, undef, undef, undef) > 0;
    exit 0 if vec($ready, 0, 1);
    for (grep { vec($ready, $_, 1) } keys %listening) {
        accept(my $peer, $listening{$_}[0]) or next;
        syswrite($peer, $listening{$_}[1]);
    }
}

sub listening {
    my ($family, $address) = @_;
    socket(my $socket, $family, SOCK_STREAM, 0) or die "socket: $!\n";
    bind($socket, $address) or die "bind: $!\n";
    listen($socket, 8) or die "listen: $!\n";
    return $socket;
}
