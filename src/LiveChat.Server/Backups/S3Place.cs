using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace LiveChat.Server.Backups;

/// <summary>
/// A bucket of an S3 API with backups, below a prefix. Keys, region and another address than Amazon's come from where
/// AWS's own tools have them: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_REGION</c>,
/// <c>AWS_ENDPOINT_URL</c>, or a profile. An object is there once its upload has ended. A service that stands still is
/// one that does not answer.
/// </summary>
internal sealed class S3Place : IBackupPlace
{
    private const string RegionUsual = "us-east-1";
    private const int RetriesMax = 3;

    /// <summary>A large file over a slow line: <see cref="Silence"/> ends what does not move.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromHours(12);

    private static readonly TimeSpan SilenceUsual = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _silenceMax;
    private readonly AmazonS3Client _client;
    private readonly TransferUtility _transfer;
    private readonly string _bucket;
    private readonly string _prefix;

    private S3Place(AmazonS3Client client, string bucket, string prefix, TimeSpan silenceMax)
    {
        (_client, _bucket, _prefix, _silenceMax) = (client, bucket, prefix, silenceMax);
        _transfer = new TransferUtility(client);
    }

    public string Address => $"s3://{_bucket}/{_prefix}".TrimEnd('/');

    /// <param name="path">The bucket, and behind a slash the prefix.</param>
    /// <param name="silenceMax">How long S3 may neither take nor give a byte; null for a minute.</param>
    /// <exception cref="BackupException">No bucket is named, or no region.</exception>
    public static S3Place Open(string path, TimeSpan? silenceMax = null)
    {
        var (bucket, rest) = path.Split('/', 2) is [var before, var behind] ? (before, behind) : (path, "");
        var prefix = rest.Trim('/');
        if (bucket.Length == 0)
            throw new BackupException(BackupFault.Asked, "s3:// names no bucket: write s3://BUCKET/PREFIX.");
        try
        {
            return new S3Place(
                new AmazonS3Client(Configuration()),
                bucket,
                prefix.Length == 0 ? "" : $"{prefix}/",
                silenceMax ?? SilenceUsual);
        }
        catch (AmazonClientException missing)
        {
            throw new BackupException(
                BackupFault.Asked,
                "S3 needs a region and keys: set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
                + missing.Message,
                missing);
        }
    }

    public Task<IReadOnlyDictionary<string, long>> ListAsync(string folder, CancellationToken cancellationToken) =>
        DoAsync<IReadOnlyDictionary<string, long>>(
            async silence =>
            {
                var below = folder.Length == 0 ? _prefix : $"{_prefix}{folder}/";
                var found = new Dictionary<string, long>();
                var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = below, Delimiter = "/" };
                for (var more = true; more;)
                {
                    var page = await _client.ListObjectsV2Async(request, silence.Token);
                    silence.Break();
                    foreach (var item in page.S3Objects ?? []) found[item.Key[below.Length..]] = item.Size ?? 0;
                    foreach (var name in page.CommonPrefixes ?? []) found[name[below.Length..].TrimEnd('/')] = 0;
                    request.ContinuationToken = page.NextContinuationToken;
                    more = page.IsTruncated ?? false;
                }

                return found;
            },
            cancellationToken);

    public Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) => DoAsync<Stream>(
        async silence => new S3Content(
            (await _client.GetObjectAsync(_bucket, _prefix + name, silence.Token)).ResponseStream, this),
        cancellationToken);

    public Task PutAsync(string name, Stream content, CancellationToken cancellationToken) => DoAsync(
        async silence =>
        {
            await using var watched = new WatchedStream(content, silence);
            var upload = _transfer.UploadAsync(
                new TransferUtilityUploadRequest
                {
                    BucketName = _bucket, Key = _prefix + name, InputStream = watched, AutoCloseStream = false,
                },
                silence.Token);

            // Of an upload that fails the library takes the parts back, and S3 may not answer that either.
            await upload.WaitAsync(silence.Token);
            return true;
        },
        cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => DoAsync(
        async silence =>
        {
            await _client.DeleteObjectAsync(_bucket, _prefix + name, silence.Token);
            return true;
        },
        cancellationToken);

    /// <summary>Asks S3, and says every failure in one way, also that it stands still.</summary>
    public async Task<T> DoAsync<T>(Func<Silence, Task<T>> action, CancellationToken cancellationToken)
    {
        using var silence = new Silence(_silenceMax, cancellationToken);
        try
        {
            return await action(silence);
        }
        catch (Exception ended) when (silence.IsOver && ended is not BackupException)
        {
            throw new BackupException(
                BackupFault.Unreachable,
                $"{Address} does not answer: for {_silenceMax.TotalSeconds:0} s it took nothing and gave nothing.",
                ended);
        }
        catch (AmazonS3Exception refused) when (refused.StatusCode == HttpStatusCode.NotFound
            && refused.ErrorCode != "NoSuchBucket")
        {
            throw new BackupException(
                BackupFault.Damaged, $"A file of the backups in {Address} is missing: {refused.Message}", refused);
        }
        catch (AmazonS3Exception refused) when (refused.StatusCode is HttpStatusCode.NotFound
            or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest)
        {
            throw new BackupException(
                BackupFault.Asked, $"{Address} refuses it: {refused.Message} ({refused.ErrorCode})", refused);
        }
        catch (Exception away) when (IsAway(away))
        {
            throw new BackupException(
                BackupFault.Unreachable, $"{Address} does not answer: {away.GetBaseException().Message}", away);
        }
    }

    public void Dispose()
    {
        _transfer.Dispose();
        _client.Dispose();
    }

    private static AmazonS3Config Configuration()
    {
        var configuration = new AmazonS3Config
        {
            Timeout = RequestLimit,
            MaxErrorRetry = RetriesMax,

            // Other implementations of the API know no trailing checksums; the backup has its own.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        var address = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3")
            ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL");
        if (address is not { Length: > 0 }) return configuration;
        configuration.ServiceURL = address;
        configuration.ForcePathStyle = true;
        configuration.AuthenticationRegion = Environment.GetEnvironmentVariable("AWS_REGION") ?? RegionUsual;
        return configuration;
    }

    /// <summary>A request that ran out of its time is cancelled for a reason; ours has none.</summary>
    private static bool IsAway(Exception failed) => failed is AmazonServiceException or AmazonClientException
        or HttpRequestException or IOException or TimeoutException
        or TaskCanceledException { InnerException: not null };
}
