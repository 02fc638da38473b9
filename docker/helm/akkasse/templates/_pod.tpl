{{- /* What the pods of a StatefulSet and of a Deployment have in common. */ -}}
{{- define "akkasse.pod" -}}
metadata:
  labels:
    {{- include "akkasse.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ .Values.config | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "akkasse.serviceAccountName" . }}
  automountServiceAccountToken: false
  # Variables of other services are nothing to the server.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  topologySpreadConstraints:
    # Two nodes on one machine are lost together.
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "akkasse.selectorLabels" . | nindent 10 }}
  containers:
    - name: akkasse
      image: "{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- if .Values.config }}
      args: ["--config", "/etc/akkasse/config.json"]
      {{- end }}
      ports:
        - { name: http, containerPort: 8080 }
        {{- if eq .Values.engine "akka" }}
        - { name: cluster, containerPort: 4053 }
        {{- end }}
      env:
        {{- include "akkasse.env" . | nindent 8 }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # A data directory is read before the node listens: five minutes for that.
      startupProbe:
        httpGet: { path: /healthz/live, port: http }
        periodSeconds: 5
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: /healthz/ready, port: http }
        periodSeconds: 5
        failureThreshold: 1
      livenessProbe:
        httpGet: { path: /healthz/live, port: http }
        periodSeconds: 10
        failureThreshold: 6
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        # The file system is read-only; the runtime keeps sockets of its diagnostics here.
        - { name: tmp, mountPath: /tmp }
        {{- if include "akkasse.hasVolume" . }}
        - { name: data, mountPath: /data }
        {{- end }}
        {{- if .Values.config }}
        - { name: config, mountPath: /etc/akkasse, readOnly: true }
        {{- end }}
        {{- if and (eq .Values.engine "akka") .Values.akka.tls.enabled }}
        - { name: tls, mountPath: /tls, readOnly: true }
        {{- end }}
        {{- range $i, $token := .Values.auth.tokens }}
        - { name: token-{{ $i }}, mountPath: /run/secrets/akkasse/{{ $i }}, readOnly: true }
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if and (include "akkasse.hasVolume" .) .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim }}
    {{- end }}
    {{- if .Values.config }}
    - name: config
      configMap:
        name: {{ include "akkasse.fullname" . }}
    {{- end }}
    {{- if and (eq .Values.engine "akka") .Values.akka.tls.enabled }}
    - name: tls
      secret:
        secretName: {{ include "akkasse.tlsSecret" . }}
        defaultMode: 0440
    {{- end }}
    {{- range $i, $token := .Values.auth.tokens }}
    - name: token-{{ $i }}
      secret:
        secretName: {{ $token.existingSecret }}
        defaultMode: 0440
        items:
          - key: {{ $token.key }}
            path: token
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
