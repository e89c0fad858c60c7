using System.Net;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.S3;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>What a server answers, or does not: worth trying again, a condition that did not hold, or a failure that somebody has to mend.</summary>
internal static partial class S3Faults
{
    private static readonly string[] TransientCodes =
        ["SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "ConditionalRequestConflict", "OperationAborted", "ThrottlingException", "Throttling", "TooManyRequests", "RequestLimitExceeded", "PriorRequestNotComplete"];

    private static readonly string[] FullCodes = ["QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "EntityTooLarge", "NotEnoughSpace"];

    private static readonly string[] RegionCodes = ["AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"];

    /// <summary>The server said, or something on the way, that it may work later.</summary>
    public static bool IsTransient(Exception fault) => fault switch
    {
        // The library takes what a socket says out of the HttpRequestException that it comes in.
        ConnectionLostException or HttpRequestException or IOException or TimeoutException or OperationCanceledException => true,
        AmazonServiceException { ErrorCode: { } code } when FullCodes.Contains(code) => false,
        AmazonServiceException { ErrorCode: { } code } when TransientCodes.Contains(code) => true,
        AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.InsufficientStorage } => false,
        AmazonServiceException { StatusCode: var status } when (int)status is >= 500 or 429 or 408 => true,
        // No answer at all, or one that is none of S3: something between us and the server.
        AmazonServiceException { InnerException: HttpRequestException or IOException or OperationCanceledException } => true,
        AmazonUnmarshallingException => true,
        AmazonClientException { InnerException: HttpRequestException or IOException or OperationCanceledException } => true,
        _ => false,
    };

    /// <summary>The request may have been performed although it failed.</summary>
    public static bool LeavesDoubt(Exception fault) =>
        fault is not AmazonServiceException { ErrorCode: "SlowDown" or "ThrottlingException" or "TooManyRequests" or "ConditionalRequestConflict" }
        && fault is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    public static bool IsMissing(Exception fault) => fault is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" };

    public static bool IsConditionRefused(Exception fault, PutCondition condition) =>
        fault is AmazonS3Exception { StatusCode: HttpStatusCode.PreconditionFailed }
        // Some answer so where an object that is not there was to be replaced; and a completed upload is not there either.
        || (condition.ETag is not null && IsMissing(fault));

    /// <summary>What to tell of it. The server's own words go into the log only.</summary>
    public static VexaException From(Exception fault, string key, BucketAddress address, S3Options options) => fault switch
    {
        VexaException known => known,
        AmazonServiceException { ErrorCode: { } code } when FullCodes.Contains(code) => Full(key, fault),
        AmazonServiceException { StatusCode: HttpStatusCode.InsufficientStorage } => Full(key, fault),
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => Failure(key, "bucket-missing", $"There is no bucket {address.Name} at {Where(options)}.",
            "Make it, or mend VEXA_BUCKET, VEXA_S3_ENDPOINT or VEXA_S3_REGION.", fault),
        AmazonServiceException { ErrorCode: { } code } when RegionCodes.Contains(code) => Region(key, fault, options),
        AmazonServiceException { StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect } => Region(key, fault, options),
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" } => Failure(key, "bucket-denied", "The S3 server refuses this machine's requests, as its clock is off.", "Set the clock of this machine, or of the server.", fault),
        AmazonServiceException { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken" } => Failure(key, "bucket-denied",
            $"The S3 server refuses the credentials for {address}.", "Mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where one belongs to them.", fault),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } => Failure(key, "bucket-denied", $"The S3 server does not let these credentials use {address}.",
            "Allow them s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on what is in it.", fault),
        _ => Failure(key, "bucket-unavailable", $"The bucket {address} cannot be read or written.", "Check that the S3 server is there and reachable; the log has the cause.", fault),
    };

    public static VexaException InDoubt(string key) => Failure(key, "bucket-unavailable",
        "The S3 server lost an answer, and somebody else wrote meanwhile: nobody knows whether what was written here had been there.", "Try again.", null);

    private static VexaException Region(string key, Exception fault, S3Options options) => Failure(key, "bucket-region", $"The bucket is not in the region {options.Region}.",
        RightRegion().Match(fault.Message) is { Success: true } right ? $"Set VEXA_S3_REGION={right.Groups[1].Value}." : "Set VEXA_S3_REGION to the bucket's region.", fault);

    private static VexaException Full(string key, Exception fault) => new(BucketFailure.StageOf(key), Party.Operator, "bucket-full", "The bucket is full, so nothing new can be stored.",
        "Free space on the S3 server or raise the bucket's quota, then try again; nothing stored so far is lost.", fault)
    { Status = 507 };

    private static VexaException Failure(string key, string rule, string message, string mend, Exception? fault) => new(BucketFailure.StageOf(key), Party.Operator, rule, message, mend, fault) { Status = 503 };

    // Amazon's: "the region 'us-east-1' is wrong; expecting 'eu-west-1'".
    [GeneratedRegex("expecting '([a-z0-9-]{1,40})'", RegexOptions.CultureInvariant)]
    private static partial Regex RightRegion();

    private static string Where(S3Options options) => options.Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"Amazon S3 in {options.Region}";
}

/// <summary>An answer broke off while it was read.</summary>
internal sealed class ConnectionLostException(Exception cause) : Exception("The connection was lost.", cause);
