# The door as an attacker sees it: raw HTTP over its socket, tokens taken apart and put together again. Nothing beyond perl-base.
package Door;
use strict;
use warnings;
use Exporter 'import';
use Errno qw(EAGAIN EINTR EINPROGRESS);
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use IO::Handle;
use Socket;

our @EXPORT = qw(
    door_path door exchange request post get read_response send_bytes nonblocking now
    own_token claims dispatch own_turn order home_workspace
    events next_number catch_up rule_of json_read json_text pause
    b64u unb64u jwt sha256 hmac_sha256 attacker_key sign_with forged_tokens slurp control_run
);

$SIG{PIPE} = 'IGNORE';

sub control_run { return (($ARGV[0] // '') eq 'control') }

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or return undef;
    local $/;
    return scalar <$file>;
}



# Seconds of a monotonic clock with a fraction; perl-base has no Time::HiRes, and the kernel tells its uptime in hundredths.
sub now {
    my ($uptime) = (slurp('/proc/uptime') // '') =~ /^([0-9.]+)/;
    return $uptime // time;
}

# --- connections -----------------------------------------------------------------------------------------------------

sub door_path { return '/run/vexa/door.sock' }

# A fresh connection to a door, or undef with $! set.
sub door {
    my ($path) = @_;
    $path //= door_path();
    socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or return undef;
    my $address = eval { pack_sockaddr_un($path) } or return undef;
    connect($socket, $address) or return undef;
    $socket->autoflush(1);
    return $socket;
}

sub nonblocking {
    my ($socket) = @_;
    fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK);
    return $socket;
}

# Writes all of it; returns how many bytes the other side took before it stopped taking any for $wait seconds.
sub send_bytes {
    my ($socket, $bytes, $wait) = @_;
    nonblocking($socket);
    my $sent = 0;
    while ($sent < length $bytes) {
        my $set = '';
        vec($set, fileno $socket, 1) = 1;
        last unless select undef, $set, undef, $wait // 5;
        my $count = syswrite $socket, $bytes, 262144, $sent;
        if (!defined $count) { next if $! == EAGAIN || $! == EINTR; last }
        $sent += $count;
    }
    return $sent;
}

# Reads one response: { status, headers, body, raw } and, where it ended early, closed or late.
sub read_response {
    my ($socket, $wait, $rest) = @_;
    nonblocking($socket);
    my ($raw, $end, $answer) = ($rest // '', now() + ($wait // 5), {});
    while (1) {
        if ($raw =~ /\r\n\r\n/) {
            my ($head, $body) = split /\r\n\r\n/, $raw, 2;
            my ($line, @lines) = split /\r\n/, $head;
            my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () } @lines;
            my ($status) = ($line // '') =~ m{^HTTP/1\.[01] (\d{3})};
            $answer = { status => $status // 0, headers => \%headers, head => $head };
            if (defined $status && $status == 100) { $raw = $body; next }
            if (defined $headers{'content-length'}) {
                if (length $body >= $headers{'content-length'}) {
                    return { %$answer, raw => $raw, body => substr($body, 0, $headers{'content-length'}), rest => substr($body, $headers{'content-length'}) };
                }
            }
            elsif (($headers{'transfer-encoding'} // '') eq 'chunked') {
                my ($text, $left, $whole) = dechunk($body);
                return { %$answer, raw => $raw, body => $text, rest => $left } if $whole;
            }
            elsif (($status // 0) =~ /^(?:1\d\d|204|304)$/) {
                return { %$answer, raw => $raw, body => '', rest => $body };
            }
            $answer->{body} = $body;
        }
        my $left = $end - now();
        return { status => 0, body => '', %$answer, raw => $raw, rest => '', late => 1 } if $left <= 0;
        my $set = '';
        vec($set, fileno $socket, 1) = 1;
        next unless select $set, undef, undef, $left;
        my $count = sysread $socket, my $piece, 65536;
        if (!defined $count) { next if $! == EAGAIN || $! == EINTR; $count = 0 }
        return { status => 0, body => '', %$answer, raw => $raw, rest => '', closed => 1 } if $count == 0;
        $raw .= $piece;
    }
}

sub dechunk {
    my ($body) = @_;
    my $text = '';
    while ($body =~ s/^([0-9a-fA-F]+)[^\r\n]*\r\n//) {
        my $size = hex $1;
        return ($text, $body =~ s/^\r\n//r, 1) if $size == 0;
        return ($text, '', 0) if length $body < $size + 2;
        $text .= substr $body, 0, $size;
        $body = substr $body, $size + 2;
    }
    return ($text, '', 0);
}

# Sends bytes as they are over a fresh connection and reads one response.
sub exchange {
    my ($bytes, $wait, $path) = @_;
    my $socket = door($path) or return { status => 0, body => '', raw => '', failed => "$!" };
    send_bytes($socket, $bytes, $wait);
    my $answer = read_response($socket, $wait);
    $answer->{socket} = $socket;
    return $answer;
}

# A well-formed request. Options: token (undef: none), body, type, headers (a list of lines), path (of the socket), socket, wait.
sub request {
    my ($method, $target, %with) = @_;
    my $token = exists $with{token} ? $with{token} : own_token();
    my $text = "$method $target HTTP/1.1\r\nHost: door\r\n";
    $text .= "Authorization: Bearer $token\r\n" if defined $token;
    $text .= "$_\r\n" for @{ $with{headers} // [] };
    my $body = $with{body};
    if (defined $body || $method ne 'GET') {
        $body //= '';
        $text .= 'Content-Type: ' . ($with{type} // 'application/json') . "\r\nContent-Length: " . length($body) . "\r\n";
    }
    $text .= "\r\n" . ($body // '');
    return exchange($text, $with{wait} // 5, $with{path}) unless $with{socket};
    send_bytes($with{socket}, $text, $with{wait} // 5);
    return read_response($with{socket}, $with{wait} // 5);
}

sub get { my ($target, %with) = @_; return request('GET', $target, %with) }

sub post { my ($target, $body, %with) = @_; return request('POST', $target, body => $body, %with) }

# The rule that a refusal names.
sub rule_of { my ($answer) = @_; return $answer->{body} =~ /"rule":"([a-z0-9-]+)"/ ? $1 : '' }

# --- who we are ------------------------------------------------------------------------------------------------------

my $token;

sub own_token {
    return $token //= (slurp('/run/vexa/token/token') // '') =~ s/\s+//gr;
}

sub claims {
    my ($of) = @_;
    my (undef, $payload) = split /\./, $of // own_token();
    return defined $payload ? json_read(unb64u($payload)) : { workspaces => [] };
}

sub dispatch { return claims()->{dispatch} }

# The worker's order, which lies open in the environment of the first process.
sub order {
    my ($text) = ((slurp('/proc/1/environ') // '') =~ /(?:^|\0)VEXA_ORDER=([^\0]*)/) or return {};
    return json_read($text);
}

sub home_workspace {
    my ($first) = grep { $_->{mode} eq 'rw' } @{ claims()->{workspaces} };
    return $first->{id};
}

# The turn that is under way: the newest prompt in the inbox.
sub own_turn {
    my $answer = get('/v1/inbox?after=0&wait=0');
    return undef if $answer->{status} != 200;
    my @prompts = grep { $_->{type} eq 'prompt' } @{ json_read($answer->{body})->{messages} };
    return @prompts ? $prompts[-1]{turn} : undef;
}

# Appends an event, numbered after the last that is there. The worker numbers its own meanwhile, and what bears a number that was taken is
# answered as if it had been written: so only what is taken again and again was taken at all.
sub events {
    my ($json) = @_;
    my $answer;
    for (1 .. 3) {
        my $first = next_number();
        $answer = post('/v1/events', "{\"first\":$first,\"events\":[$json]}");
        last if $answer->{status} != 200;
    }
    return $answer;
}

# An event that is in the stream already is taken again without being written, and the answer tells the last number.
sub next_number {
    my $turn = own_turn() // 'none';
    my $answer = post('/v1/events', "{\"first\":1,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"agent-starting\"}]}");
    return ($answer->{body} =~ /"last":(\d+)/ ? $1 : 0) + 1;
}

# What we appended took the worker's next numbers, so as many of its own events go unheard, and with them our verdict. Lets it speak until it
# is heard again.
sub catch_up {
    my ($until) = (now() + 30);
    my $last = next_number();
    open my $runner, '>&=', $ENV{ATTACK_OUTPUT_FD} // 1 or return;
    while (now() < $until) {
        syswrite $runner, "noise\n";
        pause(0.1);
        return 1 if next_number() > $last;
    }
    return 0;
}

sub pause { select undef, undef, undef, $_[0] }

# --- JSON ------------------------------------------------------------------------------------------------------------

sub json_read {
    my ($text) = @_;
    my $value = json_value(\$text);
    return $value;
}

sub json_value {
    my ($text) = @_;
    $$text =~ /\G\s*/gc;
    if ($$text =~ /\G\{\s*/gc) {
        my %object;
        until ($$text =~ /\G\s*\}/gc) {
            my $name = json_value($text);
            $$text =~ /\G\s*:/gc or die 'bad JSON';
            $object{$name} = json_value($text);
            $$text =~ /\G\s*,\s*/gc;
        }
        return \%object;
    }
    if ($$text =~ /\G\[\s*/gc) {
        my @list;
        until ($$text =~ /\G\s*\]/gc) {
            push @list, json_value($text);
            $$text =~ /\G\s*,\s*/gc;
        }
        return \@list;
    }
    if ($$text =~ /\G"((?:[^"\\]|\\.)*)"/gcs) {
        my $string = $1;
        my %plain = (n => "\n", t => "\t", r => "\r", b => "\b", f => "\f");
        $string =~ s/\\(?:u([0-9a-fA-F]{4})|(.))/defined $1 ? chr hex $1 : $plain{$2} \/\/ $2/ges;
        return $string;
    }
    return $1 if $$text =~ /\G(-?[0-9][0-9.eE+-]*)/gc;
    return 1 if $$text =~ /\Gtrue/gc;
    return 0 if $$text =~ /\Gfalse/gc;
    return undef if $$text =~ /\Gnull/gc;
    die 'bad JSON';
}

# A JSON string literal.
sub json_text {
    my ($text) = @_;
    return '"' . ($text =~ s/([\x00-\x1f"\\])/sprintf '\\u%04x', ord $1/ger) . '"';
}

# --- tokens ----------------------------------------------------------------------------------------------------------

sub b64u {
    my ($bytes) = @_;
    my $text = pack 'u', $bytes;
    $text =~ s/^.//gm;
    $text =~ s/\n//g;
    $text =~ tr{` -_}{AA-Za-z0-9+/};
    $text = substr $text, 0, int((length($bytes) * 8 + 5) / 6);
    $text =~ tr{+/}{-_};
    return $text;
}

sub unb64u {
    my ($text) = @_;
    $text =~ tr{-_}{+/};
    $text =~ tr{A-Za-z0-9+/}{ -_};
    my $bytes = '';
    for my $line ($text =~ /(.{1,60})/g) {
        $bytes .= unpack 'u', chr(32 + int(length($line) * 3 / 4)) . $line . (' ' x ((4 - length($line) % 4) % 4)) . "\n";
    }
    return $bytes;
}

# Header and payload are JSON texts; the signature is bytes, or what sign() makes of the signing input.
sub jwt {
    my ($header, $payload, $signature) = @_;
    my $input = b64u($header) . '.' . b64u($payload);
    return "$input." . b64u(ref $signature ? $signature->($input) : $signature);
}

sub hmac_sha256 {
    my ($data, $key) = @_;
    $key = sha256($key) if length $key > 64;
    $key .= "\0" x (64 - length $key);
    return sha256(($key ^ ("\x5c" x 64)) . sha256(($key ^ ("\x36" x 64)) . $data));
}

my @K = map { hex } qw(
    428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
    e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
    27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
    19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2);

sub sha256 {
    my ($data) = @_;
    my @h = map { hex } qw(6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19);
    my $rotate = sub { return (($_[0] >> $_[1]) | ($_[0] << (32 - $_[1]))) & 0xffffffff };
    my $bits = 8 * length $data;
    $data .= "\x80" . "\0" x ((55 - length $data) % 64) . pack 'Q>', $bits;
    for my $block ($data =~ /(.{64})/gs) {
        my @w = unpack 'N16', $block;
        for my $i (16 .. 63) {
            my $s0 = $rotate->($w[$i - 15], 7) ^ $rotate->($w[$i - 15], 18) ^ ($w[$i - 15] >> 3);
            my $s1 = $rotate->($w[$i - 2], 17) ^ $rotate->($w[$i - 2], 19) ^ ($w[$i - 2] >> 10);
            $w[$i] = ($w[$i - 16] + $s0 + $w[$i - 7] + $s1) & 0xffffffff;
        }
        my ($a, $b, $c, $d, $e, $f, $g, $h) = @h;
        for my $i (0 .. 63) {
            my $s1 = $rotate->($e, 6) ^ $rotate->($e, 11) ^ $rotate->($e, 25);
            my $t1 = ($h + $s1 + (($e & $f) ^ (~$e & 0xffffffff & $g)) + $K[$i] + $w[$i]) & 0xffffffff;
            my $s0 = $rotate->($a, 2) ^ $rotate->($a, 13) ^ $rotate->($a, 22);
            my $t2 = ($s0 + (($a & $b) ^ ($a & $c) ^ ($b & $c))) & 0xffffffff;
            ($h, $g, $f, $e, $d, $c, $b, $a) = ($g, $f, $e, ($d + $t1) & 0xffffffff, $c, $b, $a, ($t1 + $t2) & 0xffffffff);
        }
        my @now = ($a, $b, $c, $d, $e, $f, $g, $h);
        $h[$_] = ($h[$_] + $now[$_]) & 0xffffffff for 0 .. 7;
    }
    return pack 'N8', @h;
}


# A P-256 key of the attacker's own: { pem (path), x, y, jwk }.
sub attacker_key {
    my $pem = "/tmp/attacker-$$.pem";
    system("openssl ecparam -name prime256v1 -genkey -noout -out $pem 2>/dev/null") == 0 or return undef;
    my $point = substr `openssl ec -in $pem -pubout -outform DER 2>/dev/null`, -64;
    my ($x, $y) = map { b64u($_) } substr($point, 0, 32), substr($point, 32);
    return { pem => $pem, x => $x, y => $y, jwk => qq({"kty":"EC","crv":"P-256","x":"$x","y":"$y"}) };
}

# Signs as ES256 does: r and s, 32 bytes each.
sub sign_with {
    my ($key) = @_;
    return sub {
        my ($input) = @_;
        open my $file, '>:raw', "/tmp/signing-$$" or die "signing: $!";
        print $file $input;
        close $file;
        my $der = unpack 'H*', `openssl dgst -sha256 -sign $key->{pem} /tmp/signing-$$`;
        $der =~ s/^30..//;
        my $signature = '';
        while ($der =~ s/^02(..)//) {
            my $number = substr $der, 0, 2 * hex $1, '';
            $number =~ s/^(?:00)+//;
            $signature .= ('0' x (64 - length $number)) . $number;
        }
        return pack 'H*', $signature;
    };
}

# Shows each token (name => token) to the door, as the whole of many attacks. As a control it shows the right one.
sub forged_tokens {
    my (@forgeries) = @_;
    @forgeries = ('the right token' => own_token()) if control_run();
    my (%seen, $count);
    while (my ($name, $token) = splice @forgeries, 0, 2) {
        my $answer = get('/v1/inbox?after=0&wait=0', token => $token);
        Attack::succeeded("The door accepted $name.") if $answer->{status} == 200;
        Attack::inconclusive("The door answered $answer->{status} to $name" . ($answer->{failed} ? ": $answer->{failed}" : '.')) if $answer->{status} !~ /^(?:400|401|403|431)$/;
        $seen{ rule_of($answer) || $answer->{status} }++;
        $count++;
    }
    Attack::refused("$count tokens, none accepted: " . join(', ', sort keys %seen) . '.');
}

1;
