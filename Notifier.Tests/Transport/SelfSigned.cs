using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Notifier.Tests.Transport;

/// <summary>A certificate for this machine that nobody vouches for.</summary>
internal static class SelfSigned
{
    public static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
