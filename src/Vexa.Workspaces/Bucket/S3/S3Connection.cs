using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>The client of the vendor's library as it is used here: no retries, no time limits and no checksums of its own.</summary>
internal sealed class S3Connection : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OldestConnection = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;

    /// <param name="options">Which server, and as whom.</param>
    /// <param name="handler">In place of the network.</param>
    /// <exception cref="VexaException"><c>bucket-credentials</c>.</exception>
    public S3Connection(S3Options options, HttpMessageHandler? handler)
    {
        if (options is not { AccessKey: { } accessKey, SecretKey: { } secretKey })
            throw new VexaException(Stage.Record, Party.Operator, "bucket-credentials", "There are no credentials for the S3 bucket.", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.") { Status = 503 };

        AWSCredentials credentials = options.SessionToken is { } token
            ? new SessionAWSCredentials(accessKey, secretKey.Reveal(), token.Reveal())
            : new BasicAWSCredentials(accessKey, secretKey.Reveal());
        _http = new HttpClient(handler ?? Network(), disposeHandler: handler is null) { Timeout = Timeout.InfiniteTimeSpan };
        Client = new AmazonS3Client(credentials, Configure(options, _http));
    }

    public AmazonS3Client Client { get; }

    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
    }

    private static SocketsHttpHandler Network() => new()
    {
        ConnectTimeout = ConnectTime,
        PooledConnectionLifetime = OldestConnection,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
    };

    private static AmazonS3Config Configure(S3Options options, HttpClient http)
    {
        var configuration = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            MaxErrorRetry = 0,
            // A counter of its own. What the library puts again by itself, after an answer that was lost, is refused by what it put before.
            MaxStaleConnectionRetries = 0,
            ThrottleRetries = false,
            Timeout = Timeout.InfiniteTimeSpan,
            AllowAutoRedirect = false,
            IgnoreConfiguredEndpointUrls = true,
            // The newer checksums are trailers that many servers do not know. What is in the bucket is sealed, so it is checked anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = new OneHttpClient(http),
        };
        // Either one overrides the other.
        if (options.Endpoint is { } endpoint)
        {
            configuration.ServiceURL = endpoint.GetLeftPart(UriPartial.Authority);
            configuration.AuthenticationRegion = options.Region;
        }
        else
        {
            configuration.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        }

        return configuration;
    }

    private sealed class OneHttpClient(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
